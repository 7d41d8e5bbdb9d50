use std::collections::BTreeMap;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

#[test]
fn a_missing_index_is_empty() {
    let repo = Repo::new("sha1");
    assert_eq!(repo.staged(&All).unwrap(), []);
}

#[test]
fn intent_to_add_is_not_in_the_commit_and_skip_worktree_is() {
    for version in ["2", "4"] {
        let repo = Repo::new("sha1");
        repo.write("later", "");
        repo.write("skipped", "");
        repo.write("plain", "");
        repo.git(&["update-index", "--index-version", version]);
        repo.git(&["add", "skipped", "plain"]);
        repo.git(&["add", "-N", "later"]);
        repo.git(&["update-index", "--skip-worktree", "skipped"]);
        let paths: Vec<_> = repo.staged(&All).unwrap().into_iter().collect();
        assert_eq!(paths.len(), 2, "{paths:?}");
        repo.check(&All);
    }
}

#[test]
fn modes_are_those_of_the_tree() {
    let repo = Repo::new("sha1");
    let oid = repo.hex(7);
    let lines = [("100755", "run"), ("120000", "link"), ("160000", "sub")]
        .map(|(mode, path)| format!("{mode} {oid}\t{path}\0"))
        .concat();
    repo.index_info(lines.as_bytes());
    repo.check(&All);
}

#[test]
fn paths_longer_than_the_flags_can_say() {
    for version in ["2", "4"] {
        let repo = Repo::new("sha1");
        repo.git(&["update-index", "--index-version", version]);
        let lines: Vec<_> = (4088..4104)
            .chain([5000])
            .flat_map(|len| repo.line(&vec![b'p'; len], 1))
            .chain(repo.line(b"q", 2))
            .collect();
        repo.index_info(&lines);
        assert_eq!(repo.staged(&All).unwrap().len(), 18);
        repo.check(&All);
        repo.check(&Paths::new(["q"]));
    }
}

#[test]
fn an_unmerged_path_matters_when_it_is_watched() {
    let repo = Repo::new("sha1");
    let mut lines = repo.line(b"a", 1);
    for stage in 1..4 {
        let oid = repo.hex(stage);
        lines.extend_from_slice(format!("100644 {oid} {stage}\tb\0").as_bytes());
    }
    lines.extend(repo.line(b"c", 1));
    repo.index_info(&lines);
    let read = repo.staged(&Paths::new(["b", "c"]));
    assert!(matches!(read, Err(IndexError::Unmerged { path }) if path == "b"));
    assert_eq!(repo.staged(&Paths::new(["a", "c"])).unwrap().len(), 2);
}

#[test]
fn nothing_is_read_past_the_bound() {
    let repo = Repo::new("sha1");
    let lines = [repo.line(b"a", 1), repo.line(b"b", 1), repo.line(b"c", 1)].concat();
    repo.index_info(&lines);
    let index = repo.path(".git/index");
    let mut data = std::fs::read(&index).unwrap();
    let last = data.find(b"c\0").unwrap();
    data[last] = b'B';
    std::fs::write(&index, data).unwrap();
    assert_eq!(repo.staged(&Paths::new(["a"])).unwrap().len(), 1);
    assert!(repo.staged(&Paths::new(["b"])).is_err());
}

#[test]
fn the_index_of_a_partial_commit() {
    for options in [&["-o", "a"][..], &["-i", "a"], &["-a"]] {
        let repo = Repo::new("sha1");
        repo.write("a", "1");
        repo.write("b", "1");
        repo.git(&["add", "."]);
        repo.git(&["commit", "-qm", "first"]);
        repo.write("a", "2");
        repo.write("b", "2");
        repo.git(&["add", "b"]);
        repo.write("b", "3");
        repo.write(
            ".git/hooks/pre-commit",
            "#!/bin/sh\ncp \"$GIT_INDEX_FILE\" seen\n",
        );
        checked(
            Command::new("chmod")
                .arg("+x")
                .arg(repo.path(".git/hooks/pre-commit")),
            b"",
        );
        repo.git(&[&["commit", "-qm", "second"], options].concat());
        let staged = repo.staged_in(&repo.path("seen"), &All).unwrap();
        assert_eq!(staged, repo.listed(&["-r", "HEAD"]), "{options:?}");
    }
}

#[test]
fn the_shared_index_is_in_the_git_directory_wherever_the_index_is() {
    let repo = Repo::new("sha1");
    repo.index_info(&[repo.line(b"a", 1), repo.line(b"b", 1)].concat());
    repo.git(&["update-index", "--split-index"]);
    repo.index_info(&[repo.line(b"a", 2), repo.line(b"b", 0), repo.line(b"c", 3)].concat());
    let elsewhere = repo.path("elsewhere");
    std::fs::copy(repo.path(".git/index"), &elsewhere).unwrap();
    let staged = repo.staged_in(&elsewhere, &All).unwrap();
    let listing = checked(
        repo.command(&["ls-files", "--stage"])
            .env("GIT_INDEX_FILE", &elsewhere),
        b"",
    );
    let read: Vec<_> = staged
        .iter()
        .map(|(path, entry)| format!("{:o} {} 0\t{path}\n", entry.mode, entry.oid))
        .collect();
    assert_eq!(read.concat(), listing.to_str().unwrap());
    assert_eq!(staged.len(), 2);
}

#[test]
fn a_linked_worktree_has_its_own_shared_index() {
    let repo = Repo::new("sha1");
    repo.write("a", "1");
    repo.git(&["add", "."]);
    repo.git(&["commit", "-qm", "first"]);
    repo.git(&["worktree", "add", "-q", "linked"]);
    repo.git(&["-C", "linked", "update-index", "--split-index"]);
    repo.write("linked/b", "2");
    repo.git(&["-C", "linked", "add", "b"]);
    let git_dir = repo.path(".git/worktrees/linked");
    let staged = staged_entries(&git_dir.join("index"), &git_dir, 20, &All, &NoTrees).unwrap();
    let names: Vec<_> = staged.iter().map(|(path, _)| path.as_bstr()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn a_missing_shared_index_is_an_error() {
    let repo = Repo::new("sha1");
    repo.index_info(&repo.line(b"a", 1));
    repo.git(&["update-index", "--split-index"]);
    for entry in repo.path(".git").read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().contains("sharedindex") {
            std::fs::remove_file(path).unwrap();
        }
    }
    assert!(repo.staged(&All).is_err());
    std::fs::write(repo.path(".git/sharedindex.other"), "").unwrap();
    assert!(matches!(repo.staged(&All), Err(IndexError::Read { .. })));
}

#[test]
fn a_sparse_index_is_unfolded_only_where_something_is_watched() {
    let repo = Repo::new("sha1");
    for path in ["a/1", "b/c/2", "b/c/3", "b/d/4", "e/5", "top"] {
        repo.write(path, path);
    }
    repo.git(&["add", "."]);
    repo.git(&["commit", "-qm", "first"]);
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "a"]);
    let folded = repo.git(&["ls-files", "--sparse", "--stage"]);
    assert!(folded.contains_str("040000"), "{}", folded.as_bstr());

    let watch = Paths::new(["a/1", "b/c/3", "top"]);
    let staged = repo.staged(&watch).unwrap();
    let names: Vec<_> = staged.iter().map(|(path, _)| path.as_bstr()).collect();
    assert_eq!(names, ["a/1", "b/c/3", "top"]);
    let read: Vec<_> = repo.read.borrow().iter().map(Oid::to_string).collect();
    let expected = ["HEAD:b", "HEAD:b/c"].map(|tree| repo.git(&["rev-parse", tree]));
    assert_eq!(
        read.join("\n") + "\n",
        expected.concat().to_str().unwrap(),
        "the trees that were read"
    );

    let index = repo.path(".git/index");
    let read = staged_entries(&index, &repo.path(".git"), 20, &watch, &NoTrees);
    assert!(matches!(read, Err(IndexError::Tree { directory, .. }) if directory == "b/"));
    repo.check(&watch);
    repo.check(&All);
}

/// Paths whose order is not that of their parts: `a-b`, `a/b`, `ab`, bytes of any kind.
fn a_path() -> impl Strategy<Value = BString> {
    const PARTS: &[&[u8]] = &[
        b"a", b"b", b"A", b"ab", b"a-b", b"a.c", b".agents", b"x\ny", b"\xff", b"\x01", b"z z",
    ];
    let part = select(PARTS);
    vec(part, 1..4).prop_map(|parts| parts.join(&b"/"[..]).into())
}

/// Which blob each path has; no path is a directory of another.
fn files() -> impl Strategy<Value = BTreeMap<BString, u8>> {
    btree_map(a_path(), 1_u8..9, 0..30).prop_map(|mut files| {
        let paths: Vec<_> = files.keys().cloned().collect();
        files.retain(|path, _| {
            let directory = [path.as_slice(), b"/"].concat();
            !paths.iter().any(|other| other.starts_with(&directory))
        });
        files
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_read_is_what_git_writes(
        before in files(),
        after in files(),
        mut watched in btree_set(a_path(), 0..6),
        sample in vec(any::<prop::sample::Index>(), 0..4),
        version in select(&["2", "3", "4"][..]),
        format in select(&["sha1", "sha256"][..]),
        split in any::<bool>(),
    ) {
        let existing: Vec<_> = after.keys().collect();
        if !existing.is_empty() {
            watched.extend(sample.iter().map(|index| index.get(&existing).to_owned().clone()));
        }
        let repo = Repo::new(format);
        repo.git(&["update-index", "--index-version", version]);
        let lines = |files: &BTreeMap<BString, u8>| -> Vec<u8> {
            files.iter().flat_map(|(path, blob)| repo.line(path, *blob)).collect()
        };
        repo.index_info(&lines(&before));
        if split {
            repo.git(&["update-index", "--split-index"]);
        }
        let gone = before.keys().filter(|path| !after.contains_key(*path));
        let mut update: Vec<u8> = gone.flat_map(|path| repo.line(path, 0)).collect();
        update.extend(lines(&after));
        repo.index_info(&update);

        let all = repo.staged(&All).unwrap();
        let expected: Vec<_> = after
            .iter()
            .map(|(path, blob)| {
                let oid = repo.hex(*blob).parse().unwrap();
                (path.clone(), Entry { mode: 0o100_644, oid })
            })
            .collect();
        prop_assert_eq!(all, expected);
        repo.check(&Paths(watched));
    }
}
