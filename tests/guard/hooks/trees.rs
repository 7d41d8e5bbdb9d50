//! Trees that git would not write.

use std::fmt::Write as _;

use baton_hooks::Hook;
use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, HANDOFF};

/// A mode, a name and an id.
type Row<'a> = (&'a str, &'a str, &'a str);

/// Writes a tree of these modes, names and ids, as they are.
fn tree(f: &Fixture, entries: &[(&str, &str, &str)]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        let digits = id.as_bytes().chunks_exact(2);
        bytes.extend(digits.map(|two| {
            let two = std::str::from_utf8(two).unwrap();
            u8::from_str_radix(two, 16).unwrap()
        }));
    }
    let args = ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"];
    f.git_with_input(args, &bytes).ok().trim().to_owned()
}

/// The entries of a tree, as [`tree`] takes them.
fn entries(f: &Fixture, tree: &str) -> Vec<(String, String, String)> {
    let listed = f.git(["ls-tree", tree]).ok();
    let entries = listed.lines().map(|line| {
        let (head, name) = line.split_once('\t').unwrap();
        let mut words = head.split(' ');
        let mode = words.next().unwrap().trim_start_matches('0').to_owned();
        (mode, name.to_owned(), words.nth(1).unwrap().to_owned())
    });
    entries.collect()
}

/// The tree of `main` with one of its directories replaced; `""` replaces the whole.
fn main_with(f: &Fixture, directory: &str, oid: &str) -> String {
    if directory.is_empty() {
        return oid.to_owned();
    }
    let (above, name) = directory.rsplit_once('/').unwrap_or(("", directory));
    let mut all = entries(f, &format!("main:{above}"));
    for (_, _, id) in all.iter_mut().filter(|(_, own, _)| own == name) {
        oid.clone_into(id);
    }
    let all: Vec<_> = all
        .iter()
        .map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()))
        .collect();
    main_with(f, above, &tree(f, &all))
}

/// A fixture with a server and with directories at whose paths nothing is watched.
fn fixture(git: &baton_testkit::Git) -> Fixture {
    let f = Fixture::new(git);
    f.commit("src/deep/er/file", "1");
    f
}

/// Holds that the commit comes in nowhere.
fn refused_everywhere(f: &Fixture, commit: &str, problem: &str, can_be_pushed: bool) {
    let said = |ran: &baton_testkit::Ran| {
        ran.refused("protected-path");
        assert!(ran.err.contains(problem), "{problem}: {ran:#?}");
    };
    said(&f.git(["update-ref", "refs/heads/main", commit]));
    said(&f.git(["branch", "new", commit]));
    let verified = f.baton(["verify", &format!("main..{commit}")]);
    assert_eq!(verified.code, 1, "{verified:#?}");
    assert!(verified.out.contains(problem), "{verified:#?}");
    if can_be_pushed {
        said(&f.unguarded(["push", "-q", "origin", &format!("{commit}:refs/heads/main")]));
    }
}

#[test]
fn what_fsck_calls_an_error_in_a_tree_is_refused() {
    each_git(|git| {
        let f = fixture(git);
        let bare = f.add_remote("origin");
        f.install_at(&bare, &Hook::SERVER);
        let file = f.rev("HEAD:README");
        let file = file.as_str();
        let sub = tree(&f, &[("100644", "x", file)]);
        let sub = sub.as_str();
        let zeros = "0".repeat(40);
        let faults: [(&str, &[Row<'_>]); 11] = [
            (
                "two entries of this name",
                &[("100644", "zz", file), ("40000", "zz", sub)],
            ),
            (
                "two entries of this name",
                &[("100644", "zz", file), ("100644", "zz", file)],
            ),
            (
                "not sorted",
                &[("100644", "zz", file), ("100644", "zy", file)],
            ),
            ("begins with a zero", &[("040000", "zz", sub)]),
            ("the mode 100666", &[("100666", "zz", file)]),
            ("all zeros", &[("100644", "zz", zeros.as_str())]),
            ("`.` or `..`", &[("40000", "..", sub)]),
            ("`.git`", &[("40000", ".GiT", sub)]),
            ("`.git`", &[("40000", "git~1", sub)]),
            ("a slash", &[("100644", "z/z", file)]),
            ("a symbolic link", &[("120000", ".gitmodules", file)]),
        ];
        for directory in ["", ".agents", "src/deep"] {
            for (problem, bad) in faults {
                let mut all = entries(&f, &format!("main:{directory}"));
                let own = bad
                    .iter()
                    .map(|(a, b, c)| (String::from(*a), String::from(*b), String::from(*c)));
                // A name that sorts before the others stays in order, for the fault that is meant.
                let at = if bad[0].1.starts_with(['.', 'g']) {
                    0
                } else {
                    all.len()
                };
                let at = if directory.is_empty() && at == 0 {
                    usize::from(bad[0].1 > ".agents")
                } else {
                    at
                };
                all.splice(at..at, own);
                let all: Vec<_> = all
                    .iter()
                    .map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()))
                    .collect();
                let root = main_with(&f, directory, &tree(&f, &all));
                let commit = f.object_of_tree(&root, &["main"], "harmless");
                let can_be_pushed = ["all zeros"].iter().all(|one| *one != problem);
                refused_everywhere(&f, &commit, problem, can_be_pushed);
            }
        }
    });
}

#[test]
fn a_file_and_a_directory_of_a_protected_name_do_not_come_in_beside_each_other() {
    each_git(|git| {
        let f = fixture(git);
        let bare = f.add_remote("origin");
        f.install_at(&bare, &Hook::SERVER);
        let sub = tree(&f, &[("100644", "x", &f.rev("HEAD:README"))]);
        let handoff = f.rev(&format!("main:{HANDOFF}"));
        for between in [None, Some("HANDOFF.m-"), Some("HANDOFF.md.bak")] {
            let mut all = vec![
                ("100644", "HANDOFF.md", handoff.as_str()),
                ("40000", "HANDOFF.md", &sub),
            ];
            if let Some(between) = between {
                let at = usize::from(between > "HANDOFF.md");
                all.insert(at, ("100644", between, &handoff));
            }
            let root = main_with(&f, ".agents", &tree(&f, &all));
            let commit = f.object_of_tree(&root, &["main"], "harmless");
            refused_everywhere(&f, &commit, "two entries of this name", true);
            // A merge of what each side has for itself is no better.
            let other = f.object(&["main"], "other", "1", "other");
            let merge = f.object_of_tree(&root, &["main", &other], "merge");
            refused_everywhere(&f, &merge, "two entries of this name", true);
        }
    });
}

#[test]
fn a_clone_with_a_directory_beside_a_protected_file_is_mended_as_printed() {
    each_git(|git| {
        let f = fixture(git);
        let sub = tree(&f, &[("100644", "x", &f.rev("HEAD:README"))]);
        let handoff = f.rev(&format!("main:{HANDOFF}"));
        let both = [
            ("100644", "HANDOFF.md", handoff.as_str()),
            ("40000", "HANDOFF.md", sub.as_str()),
        ];
        let root = main_with(&f, ".agents", &tree(&f, &both));
        let once = f.object_of_tree(&root, &["main"], "harmless");
        let bad = f.object_of_tree(&root, &[&once], "and once more");
        let bare = f.add_remote("origin");
        f.publish(&bare, &bad, "main");
        f.unguarded(["update-ref", "refs/heads/main", &bad]).ok();
        f.unguarded(["fetch", "-q"]).ok();
        f.unguarded(["read-tree", "--empty"]).ok();
        f.unguarded(["reset", "-q", "--hard"]).ok();
        f.write("n", "n");
        f.git(["add", "n"]).ok();
        let refused = f.git(["commit", "-qm", "honest"]);
        refused.refused("protected-path");
        let (_, remedy) = refused.err.split_once("(`").unwrap();
        let (remedy, _) = remedy.split_once("`)").unwrap();
        f.shell(remedy).ok();
        f.git(["commit", "-qm", "honest"]).ok();
        assert_eq!(f.rev(&format!("HEAD:{HANDOFF}")), handoff);
        assert!(f.repo().join(HANDOFF).is_file());
        assert_eq!(f.git(["status", "--porcelain"]).ok(), "");
    });
}

#[test]
fn a_tree_of_any_depth_is_answered() {
    each_git(|git| {
        let f = Fixture::new(git);
        let file = f.rev("HEAD:README");
        let mut stream = String::new();
        let path = "d/".repeat(20_000);
        writeln!(
            stream,
            "commit refs/heads/deep\ncommitter A <a@example.org> 1766000000 +0000"
        )
        .unwrap();
        writeln!(stream, "data 1\nx\nfrom main^0\nM 100644 {file} {path}f\n").unwrap();
        f.git_with_input(["fast-import", "--quiet"], stream.as_bytes());
        let mut below = tree(&f, &[("100644", "f", &file)]);
        for _ in 0..2_100 {
            below = tree(&f, &[("40000", "d", &below)]);
        }
        for directory in ["d", ".agents"] {
            let mut all = entries(&f, "main:");
            all.retain(|(_, name, _)| name != directory);
            all.push(("40000".to_owned(), directory.to_owned(), below.clone()));
            all.sort_by(|a, b| a.1.cmp(&b.1));
            let all: Vec<_> = all
                .iter()
                .map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()))
                .collect();
            let commit = f.object_of_tree(&tree(&f, &all), &["main"], "deep");
            let ran = f.git(["update-ref", "refs/heads/main", &commit]);
            ran.refused("protected-path");
        }
    });
}
