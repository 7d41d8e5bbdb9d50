//! What is foreseen is what `git merge` does, by every git on `PATH`, kind by kind.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use git_baton::git::Repo;
use git_baton::git::merge::Merger;
use git_baton::model::Oid;
use git_baton::sys::GitEnv;
use serde_json::Value;

use crate::gits::gits;
use crate::sandbox::{Run, Sandbox, finish};

/// What becomes of a merge.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Clean,
    Conflicts(BTreeSet<String>),
}

/// A repository on `ours`, where `theirs` begins at the same commit, with these files.
fn begun(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::empty();
    begin(&sandbox, files);
    sandbox
}

fn begin(sandbox: &Sandbox, files: &[(&str, &str)]) {
    for (path, text) in files {
        sandbox.write(path, text);
    }
    sandbox.commit("Begin");
    sandbox.git(["branch", "theirs"]);
    sandbox.git(["checkout", "-q", "-b", "ours"]);
}

/// Commits what `change` does on the branch.
fn on(sandbox: &Sandbox, branch: &str, change: impl FnOnce(&Path)) {
    sandbox.git(["checkout", "-q", branch]);
    change(sandbox.repo());
    sandbox.commit(branch);
}

fn write(root: &Path, path: impl AsRef<Path>, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn rename(root: &Path, from: &str, to: &str) {
    std::fs::create_dir_all(root.join(to).parent().unwrap()).unwrap();
    std::fs::rename(root.join(from), root.join(to)).unwrap();
}

fn remove(root: &Path, path: &str) {
    std::fs::remove_file(root.join(path)).unwrap();
}

/// Twenty lines, of which one is said otherwise.
fn lines(changed: usize) -> String {
    let line = |at| match at == changed {
        true => "changed\n".to_owned(),
        false => format!("line {at}\n"),
    };
    (1..=20).map(line).collect()
}

/// A command that finds this git first.
fn with(sandbox: &Sandbox, git: &Path, program: &str) -> Command {
    let mut command = sandbox.command(program);
    command.env("PATH", format!("{}:/usr/bin:/bin", git.display()));
    command
}

fn by_git(sandbox: &Sandbox, git: &Path) -> (Verdict, String) {
    let program = git.join("git");
    let run =
        |args: &[&str]| -> Run { finish(with(sandbox, git, program.to_str().unwrap()).args(args)) };
    assert_eq!(run(&["checkout", "-q", "-f", "ours"]).code, 0);
    let merge = run(&["merge", "-q", "--no-commit", "--no-ff", "theirs"]);
    let unmerged = run(&["diff", "--name-only", "--diff-filter=U", "-z"]).out;
    let tree = run(&["write-tree"]).out.trim().to_owned();
    run(&["merge", "--abort"]);
    run(&["reset", "-q", "--hard"]);
    run(&["clean", "-fdxq"]);
    let paths = unmerged.split('\0').filter(|path| !path.is_empty());
    let paths: BTreeSet<_> = paths.map(unnamed).collect();
    match merge.code {
        0 => (Verdict::Clean, tree),
        _ => (Verdict::Conflicts(paths), tree),
    }
}

/// A path without the name of a side, which git puts behind a `~`.
fn unnamed(path: &str) -> String {
    path.split('~').next().unwrap_or_default().to_owned()
}

fn foreseen(sandbox: &Sandbox, git: &Path) -> Verdict {
    let mut command = with(sandbox, git, env!("CARGO_BIN_EXE_git-baton"));
    let args = [
        "orchestrator",
        "conflicts",
        "theirs",
        "--into",
        "ours",
        "--format",
        "json",
    ];
    let run = finish(command.args(args));
    let json: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:#?}"));
    assert_eq!(run.code, i32::from(json["clean"] == false), "{run:#?}");
    if json["clean"] == true {
        return Verdict::Clean;
    }
    let files = json["collisions"][0]["files"].as_array().unwrap().iter();
    Verdict::Conflicts(
        files
            .map(|file| unnamed(file["path"].as_str().unwrap()))
            .collect(),
    )
}

fn open(sandbox: &Sandbox) -> Repo {
    let env = GitEnv {
        current_dir: sandbox.repo().to_owned(),
        ..GitEnv::default()
    };
    Repo::open(&env).unwrap()
}

fn id(sandbox: &Sandbox, name: &str) -> Oid {
    sandbox
        .git(["rev-parse", "--verify", name])
        .parse()
        .unwrap()
}

/// Fails unless every git's merge of `theirs` into `ours` comes to this, as foreseen, and with
/// the tree that was foreseen.
#[track_caller]
fn compare(sandbox: &Sandbox, conflicts: &[&str]) {
    let expected = match conflicts {
        [] => Verdict::Clean,
        paths => Verdict::Conflicts(paths.iter().map(|path| (*path).to_owned()).collect()),
    };
    for git in gits() {
        // What one git found must not answer for the other, though the digest would not let it.
        let _ = std::fs::remove_file(sandbox.repo().join(".git/baton/merge-cache"));
        // Where something else is checked out, the answer is the same.
        for branch in ["ours", "main"] {
            sandbox.git(["checkout", "-q", "-f", branch]);
            let objects = sandbox.git(["count-objects", "-v"]);
            assert_eq!(
                foreseen(sandbox, &git),
                expected,
                "{} on {branch}",
                git.display()
            );
            assert_eq!(
                sandbox.git(["count-objects", "-v"]),
                objects,
                "objects were left behind"
            );
            let _ = std::fs::remove_file(sandbox.repo().join(".git/baton/merge-cache"));
        }
        let (verdict, tree) = by_git(sandbox, &git);
        assert_eq!(verdict, expected, "{}", git.display());
        if verdict == Verdict::Clean {
            let repo = open(sandbox);
            let merger = Merger::new(&repo).unwrap();
            let merged = merger
                .merge(id(sandbox, "ours"), id(sandbox, "theirs"))
                .unwrap();
            assert_eq!(merged.tree.to_string(), tree, "{}", git.display());
            sandbox.git(["fsck", "--strict", "--no-dangling"]);
        }
    }
}

#[test]
fn different_files() {
    let sandbox = begun(&[("a/x", "x\n"), ("b/y", "y\n"), ("c", "c\n")]);
    on(&sandbox, "ours", |root| write(root, "a/x", "1\n"));
    on(&sandbox, "theirs", |root| {
        write(root, "b/new/z", "z\n");
        remove(root, "b/y");
        remove(root, "c");
    });
    compare(&sandbox, &[]);
}

#[test]
fn different_lines_and_the_same_lines() {
    for (line, conflicts) in [(15, [].as_slice()), (2, &["f"])] {
        let sandbox = begun(&[("f", &lines(0))]);
        on(&sandbox, "ours", |root| write(root, "f", &lines(2)));
        on(&sandbox, "theirs", |root| {
            write(root, "f", &lines(line).replace("changed", "other"))
        });
        compare(&sandbox, conflicts);
    }
}

#[test]
fn a_criss_cross_history() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "ours", |root| write(root, "f", &lines(2)));
    on(&sandbox, "theirs", |root| write(root, "f", &lines(15)));
    sandbox.git(["branch", "before", "theirs"]);
    sandbox.git(["merge", "-q", "--no-edit", "ours"]);
    sandbox.git(["checkout", "-q", "ours"]);
    sandbox.git(["merge", "-q", "--no-edit", "before"]);
    on(&sandbox, "ours", |root| write(root, "g", "ours\n"));
    on(&sandbox, "theirs", |root| write(root, "f", &lines(0)));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| write(root, "g", "theirs\n"));
    compare(&sandbox, &["g"]);
}

#[test]
fn a_rename_that_meets_a_change() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "ours", |root| rename(root, "f", "moved/f"));
    on(&sandbox, "theirs", |root| write(root, "f", &lines(4)));
    compare(&sandbox, &[]);
}

#[test]
fn renames_on_both_sides() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "ours", |root| rename(root, "f", "one"));
    on(&sandbox, "theirs", |root| rename(root, "f", "two"));
    compare(&sandbox, &["f", "one", "two"]);
    let sandbox = begun(&[("f", &lines(0)), ("g", &lines(3)), ("h", "h\n")]);
    on(&sandbox, "ours", |root| rename(root, "f", "same"));
    on(&sandbox, "theirs", |root| rename(root, "f", "same"));
    compare(&sandbox, &[]);
}

#[test]
fn deleted_here_and_changed_there() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "ours", |root| remove(root, "f"));
    on(&sandbox, "theirs", |root| write(root, "f", &lines(4)));
    compare(&sandbox, &["f"]);
}

#[test]
fn a_mode_and_content() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "ours", |root| {
        std::fs::set_permissions(root.join("f"), PermissionsExt::from_mode(0o755)).unwrap();
    });
    on(&sandbox, "theirs", |root| write(root, "g", "more\n"));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| write(root, "f", &lines(4)));
    compare(&sandbox, &[]);
}

#[test]
fn a_directory_renamed_and_added_to() {
    let sandbox = begun(&[("d/f", &lines(0)), ("d/g", &lines(3)), ("h", "h\n")]);
    on(&sandbox, "ours", |root| rename(root, "d", "e"));
    on(&sandbox, "theirs", |root| write(root, "d/new", "new\n"));
    // Git's default asks: merge.directoryRenames=conflict.
    compare(&sandbox, &["e/new"]);
    sandbox.git(["config", "merge.directoryRenames", "true"]);
    compare(&sandbox, &[]);
    sandbox.git(["config", "merge.directoryRenames", "false"]);
    compare(&sandbox, &[]);
}

#[test]
fn a_file_where_the_other_has_a_directory() {
    let sandbox = begun(&[("g", "g\n")]);
    on(&sandbox, "ours", |root| write(root, "d", "file\n"));
    on(&sandbox, "theirs", |root| write(root, "d/f", "below\n"));
    compare(&sandbox, &["d"]);
}

#[test]
fn added_on_both_sides() {
    let sandbox = begun(&[("g", "g\n")]);
    for side in ["ours", "theirs"] {
        on(&sandbox, side, |root| {
            write(root, "same", "same\n");
            write(root, side, side);
        });
    }
    compare(&sandbox, &[]);
    for side in ["ours", "theirs"] {
        on(&sandbox, side, |root| write(root, "new", side));
    }
    compare(&sandbox, &["new"]);
}

#[test]
fn submodules() {
    let sandbox = Sandbox::empty();
    let link = |commit: &str| {
        let info = format!("160000,{},sub", commit.repeat(40));
        sandbox.git(["update-index", "--add", "--cacheinfo", &info]);
        sandbox.git(["commit", "-q", "-m", "Move the submodule"]);
    };
    sandbox.write("g", "g\n");
    sandbox.commit("Begin");
    link("1");
    sandbox.git(["branch", "theirs"]);
    sandbox.git(["checkout", "-q", "-b", "ours"]);
    link("2");
    sandbox.git(["checkout", "-q", "theirs"]);
    sandbox.git(["commit", "-q", "--allow-empty", "-m", "nothing"]);
    compare(&sandbox, &[]);
    sandbox.git(["checkout", "-q", "theirs"]);
    link("3");
    compare(&sandbox, &["sub"]);
}

#[test]
fn symbolic_links() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    let link = |to: &'static str| {
        move |root: &Path| {
            let _ = std::fs::remove_file(root.join("link"));
            symlink(to, root.join("link")).unwrap();
        }
    };
    on(&sandbox, "ours", link("f"));
    on(&sandbox, "theirs", |root| write(root, "g", "theirs\n"));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", link("g"));
    compare(&sandbox, &["link"]);
    on(&sandbox, "theirs", |root| {
        remove(root, "link");
        write(root, "link", "a file\n");
    });
    compare(&sandbox, &["link"]);
}

#[test]
fn binary_files() {
    let sandbox = begun(&[("f", "a\0b\n"), ("g", "g\n")]);
    on(&sandbox, "ours", |root| write(root, "f", "a\0c\n"));
    on(&sandbox, "theirs", |root| write(root, "g", "a\0d\n"));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| write(root, "f", "a\0d\n"));
    compare(&sandbox, &["f"]);
}

#[test]
fn pointers_of_lfs() {
    let pointer = |digit: &str| {
        let digest = digit.repeat(64);
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 1{digit}\n")
    };
    let attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n";
    let sandbox = begun(&[
        (".gitattributes", attributes),
        ("a.bin", &pointer("1")),
        ("b.bin", &pointer("2")),
    ]);
    on(&sandbox, "ours", |root| write(root, "a.bin", &pointer("3")));
    on(&sandbox, "theirs", |root| {
        write(root, "b.bin", &pointer("4"))
    });
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| {
        write(root, "a.bin", &pointer("5"))
    });
    compare(&sandbox, &["a.bin"]);
}

#[test]
fn line_ends_by_attribute() {
    let sandbox = begun(&[("f", &lines(0).replace('\n', "\r\n")), ("g", "g\n")]);
    on(&sandbox, "ours", |root| {
        write(root, ".gitattributes", "* text=auto\n");
        write(root, "f", &lines(0));
    });
    on(&sandbox, "theirs", |root| {
        write(root, "f", &lines(4).replace('\n', "\r\n"))
    });
    compare(&sandbox, &["f"]);
    sandbox.git(["config", "merge.renormalize", "true"]);
    compare(&sandbox, &[]);
}

#[test]
fn the_union_driver() {
    let sandbox = begun(&[("log/f", "a\n"), ("g", "g\n")]);
    on(&sandbox, "ours", |root| {
        write(root, "log/.gitattributes", "f merge=union\n");
        write(root, "log/f", "a\nours\n");
    });
    on(&sandbox, "theirs", |root| {
        write(root, "log/f", "a\ntheirs\n")
    });
    compare(&sandbox, &[]);
}

#[test]
fn a_driver_of_the_users_own() {
    let sandbox = begun(&[(".gitattributes", "f merge=mine\n"), ("f", "a\n")]);
    on(&sandbox, "ours", |root| write(root, "f", "ours\n"));
    on(&sandbox, "theirs", |root| write(root, "f", "theirs\n"));
    sandbox.git(["config", "merge.mine.driver", "cat %B >>%A"]);
    compare(&sandbox, &[]);
    sandbox.git(["config", "merge.mine.driver", "false"]);
    compare(&sandbox, &["f"]);
}

#[test]
fn odd_names() {
    let names = [
        "with space",
        "tab\there",
        "new\nline",
        "quote\"'\\",
        "ünï",
        "-dash",
        "~tilde",
    ];
    let files: Vec<_> = names.iter().map(|name| (*name, "a\n")).collect();
    let sandbox = begun(&files);
    on(&sandbox, "ours", |root| {
        names.iter().for_each(|name| write(root, name, "ours\n"));
        write(root, OsStr::from_bytes(b"no \xff utf-8"), "x");
    });
    on(&sandbox, "theirs", |root| write(root, "other", "x\n"));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| {
        write(root, "new\nline", "theirs\n")
    });
    compare(&sandbox, &["new\nline"]);
}

#[test]
fn a_repository_with_long_ids() {
    let sandbox = Sandbox::empty();
    std::fs::remove_dir_all(sandbox.repo().join(".git")).unwrap();
    sandbox.git(["init", "-q", "-b", "main", "--object-format=sha256"]);
    begin(&sandbox, &[("a/f", &lines(0)), ("b/g", "g\n")]);
    on(&sandbox, "ours", |root| write(root, "a/f", &lines(3)));
    on(&sandbox, "theirs", |root| write(root, "b/g", "x\n"));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| write(root, "a/f", &lines(15)));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| {
        write(root, "a/f", &lines(3).replace("changed", "other"))
    });
    compare(&sandbox, &["a/f"]);
}

#[test]
fn histories_that_have_nothing_in_common() {
    let sandbox = begun(&[("f", "f\n")]);
    sandbox.git(["checkout", "-q", "--orphan", "elsewhere"]);
    sandbox.commit_file("g", "g\n");
    sandbox.git(["branch", "-f", "theirs"]);
    for git in gits() {
        let merge = with(&sandbox, &git, "git")
            .args(["merge", "ours"])
            .output()
            .unwrap();
        assert!(!merge.status.success());
        let Verdict::Conflicts(paths) = foreseen(&sandbox, &git) else {
            panic!("git refuses to merge them");
        };
        assert_eq!(paths, BTreeSet::from([String::new()]));
    }
}

#[test]
fn an_octopus_is_one_merge_after_the_other() {
    let sandbox = begun(&[("a", "a\n"), ("b", "b\n"), ("c", &lines(0))]);
    on(&sandbox, "ours", |root| write(root, "a", "ours\n"));
    on(&sandbox, "theirs", |root| write(root, "b", "theirs\n"));
    sandbox.git(["checkout", "-q", "-b", "third", "main"]);
    on(&sandbox, "third", |root| rename(root, "c", "d"));
    sandbox.git(["checkout", "-q", "ours"]);
    let repo = open(&sandbox);
    let merger = Merger::new(&repo).unwrap();
    let (ours, theirs, third) = (
        id(&sandbox, "ours"),
        id(&sandbox, "theirs"),
        id(&sandbox, "third"),
    );
    let two = merger.merge(ours, theirs).unwrap();
    let base = id(&sandbox, "main");
    let three = merger.merge_trees(base, two.tree, third).unwrap();
    assert_eq!((two.conflicts, &three.conflicts), (Vec::new(), &Vec::new()));
    sandbox.git(["merge", "-q", "--no-edit", "theirs", "third"]);
    assert_eq!(three.tree, id(&sandbox, "HEAD^{tree}"));
}

#[test]
fn a_change_is_picked_as_git_picks_it() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "theirs", |root| write(root, "g", "not picked\n"));
    on(&sandbox, "theirs", |root| write(root, "f", &lines(15)));
    on(&sandbox, "ours", |root| write(root, "f", &lines(2)));
    let repo = open(&sandbox);
    let merger = Merger::new(&repo).unwrap();
    let [base, ours, theirs] = ["theirs~1", "ours", "theirs"].map(|name| id(&sandbox, name));
    let picked = merger.merge_trees(base, ours, theirs).unwrap();
    sandbox.git(["cherry-pick", "theirs"]);
    assert_eq!(picked.tree, id(&sandbox, "HEAD^{tree}"));
    assert!(picked.conflicts.is_empty());
}
