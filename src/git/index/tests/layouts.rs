use super::*;
use crate::git::index::Layout;
use crate::sys::file::Seen;

fn layout(repo: &Repo) -> Option<Layout> {
    let git_dir = repo.path(".git");
    Layout::read(&git_dir.join("index"), &git_dir, repo.hash_len).unwrap()
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
        let layout = layout(&repo).unwrap();
        let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
        assert_eq!(layout.tree().to_string(), tree.trim().to_str().unwrap());
        let mut listed = Vec::new();
        for listing in layout.listings() {
            assert!(listing.files.is_sorted() && listing.directories.is_sorted());
            for (name, number) in &listing.files {
                let path = [&listing.path[..], name].concat();
                let seen = Seen::of(&repo.path(path.to_str().unwrap()))
                    .unwrap()
                    .unwrap();
                let later = Seen {
                    size: seen.size + 1,
                    ..seen
                };
                assert!(!layout.is_noted(*number, &later));
                let blob = layout.blob(*number).map(|(oid, _)| oid.to_string());
                listed.push((path.clone(), blob));
            }
        }
        listed.sort();
        let expected = ["a-b/x", "a.c", "a/deep/y", "a/link", "z"].map(|path| {
            let blob = repo.git(&["rev-parse", &format!("HEAD:{path}")]);
            let blob = blob.trim().to_str().unwrap().to_owned();
            (path.as_bytes().to_vec(), (path != "a/link").then_some(blob))
        });
        assert_eq!(listed, expected);
        assert_eq!(layout.listings().len(), 4);
        assert_eq!(
            layout.listings()[0].directories,
            [b"a".to_vec(), b"a-b".to_vec()]
        );
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
        assert!(layout(&repo).is_some());
        step(&repo);
        assert!(layout(&repo).is_none(), "{what}");
    }
    assert!(layout(&Repo::new("sha1")).is_none(), "no index");
}

#[test]
fn a_file_as_young_as_the_index_may_hold_anything() {
    let repo = committed("sha1", "2");
    let index = std::fs::File::open(repo.path(".git/index")).unwrap();
    let modified = |name: &str| repo.path(name).metadata().unwrap().modified().unwrap();
    let seen = Seen::of(&repo.path("z")).unwrap().unwrap();
    let number_of_z = |layout: &Layout| layout.listings()[0].files[1].1;
    let second = std::time::Duration::from_secs(1);
    index.set_modified(modified("z") + second).unwrap();
    let older = layout(&repo).unwrap();
    assert!(older.is_noted(number_of_z(&older), &seen));
    index.set_modified(modified("z")).unwrap();
    let same = layout(&repo).unwrap();
    assert!(!same.is_noted(number_of_z(&same), &seen));
}
