use super::*;
use crate::index::{Layout, Snapshot};
use baton_sys::file::FileStat;

/// Runs `look` on the layout of the repository's index, where it has one.
fn with_layout<T>(repo: &Repo, look: impl FnOnce(&Layout<'_>) -> T) -> Option<T> {
    let (git_dir, index) = (repo.path(".git"), repo.path(".git/index"));
    let snapshot = Snapshot::open(&index).unwrap()?;
    let layout = Layout::read(&snapshot, &git_dir, repo.hash_len).unwrap();
    layout.as_ref().map(look)
}

fn has_layout(repo: &Repo) -> bool {
    with_layout(repo, |_| ()).is_some()
}

/// A repository whose index git has just written with the tree it makes up.
fn committed(object_format: &str, version: &str) -> Repo {
    let repo = Repo::new(object_format);
    repo.git(&["update-index", "--index-version", version]);
    for name in ["a", "a-b/x", "a/deep/y", "a.c", "z"] {
        if name != "a" {
            repo.write(name, name);
        }
    }
    std::os::unix::fs::symlink("z", repo.path("a/link")).unwrap();
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-qm", "Begin"]);
    repo
}

#[test]
fn the_files_of_an_index_by_their_directories() {
    for (format, version) in [
        ("sha1", "2"),
        ("sha1", "4"),
        ("sha256", "2"),
        ("sha256", "4"),
    ] {
        let repo = committed(format, version);
        let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
        let look = |layout: &Layout<'_>| {
            assert_eq!(layout.tree().to_string(), tree.trim().to_str().unwrap());
            let mut listed = Vec::new();
            for listing in layout.listings() {
                assert!(listing.files.is_sorted() && listing.directories.is_sorted());
                for (name, number) in &listing.files {
                    let path = [&listing.path[..], name].concat();
                    let stat = FileStat::of(&repo.path(path.to_str().unwrap()));
                    let stat = stat.unwrap().unwrap();
                    let size = stat.size + 1;
                    assert!(!layout.matches_stat(*number, &FileStat { size, ..stat }));
                    let blob = layout.blob(*number).map(|(oid, _)| oid.to_string());
                    listed.push((path.clone(), blob));
                }
            }
            assert_eq!(layout.listings().len(), 4);
            let directories = [b"a".to_vec(), b"a-b".to_vec()];
            assert_eq!(layout.listings()[0].directories, directories);
            listed
        };
        let mut listed = with_layout(&repo, look).unwrap();
        listed.sort();
        let expected = ["a-b/x", "a.c", "a/deep/y", "a/link", "z"].map(|path| {
            let blob = repo.git(&["rev-parse", &format!("HEAD:{path}")]);
            let blob = blob.trim().to_str().unwrap().to_owned();
            (path.as_bytes().to_vec(), (path != "a/link").then_some(blob))
        });
        assert_eq!(listed, expected);
    }
}

#[test]
fn an_index_with_anything_else_in_it_has_no_layout() {
    type Step = fn(&Repo);
    let steps: [(&str, Step); 7] = [
        ("announced", |repo| {
            repo.write("new", "");
            repo.git(&["add", "-N", "new"]);
        }),
        ("hidden", |repo| {
            drop(repo.git(&["update-index", "--assume-unchanged", "z"]))
        }),
        ("left out", |repo| {
            drop(repo.git(&["update-index", "--skip-worktree", "z"]))
        }),
        ("a submodule", |repo| {
            let line = format!("160000 {}\tsub\0", repo.hex(7));
            repo.index_info(line.as_bytes());
        }),
        ("unmerged", |repo| {
            let line = format!("100644 {} 2\tboth\0", repo.hex(7));
            repo.index_info(line.as_bytes());
        }),
        ("split", |repo| {
            drop(repo.git(&["update-index", "--split-index"]))
        }),
        ("staged", |repo| {
            repo.write("z", "other");
            repo.git(&["add", "z"]);
        }),
    ];
    for (what, step) in steps {
        let repo = committed("sha1", "2");
        assert!(has_layout(&repo));
        step(&repo);
        assert!(!has_layout(&repo), "{what}");
    }
    assert!(!has_layout(&Repo::new("sha1")), "no index");
}

#[test]
fn a_file_as_young_as_the_index_may_hold_anything() {
    let repo = committed("sha1", "2");
    let index = std::fs::File::open(repo.path(".git/index")).unwrap();
    let modified = |name: &str| repo.path(name).metadata().unwrap().modified().unwrap();
    let stat = FileStat::of(&repo.path("z")).unwrap().unwrap();
    let matches_stat = || {
        let look = |layout: &Layout<'_>| {
            let (name, number) = &layout.listings()[0].files[1];
            assert_eq!(&**name, b"z");
            layout.matches_stat(*number, &stat)
        };
        with_layout(&repo, look).unwrap()
    };
    let second = std::time::Duration::from_secs(1);
    index.set_modified(modified("z") + second).unwrap();
    assert!(matches_stat());
    index.set_modified(modified("z")).unwrap();
    assert!(!matches_stat());
}
