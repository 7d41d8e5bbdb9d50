//! The revisions that need no git program to be understood: the plain ones, which CI and people
//! mostly write.

use bstr::ByteSlice;

use super::{GitError, Repo};
use baton_core::model::{BranchName, Oid};

/// The meaning of a revision or a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain {
    /// The commit at the end.
    pub tip: Oid,
    /// The commit before the two dots, which is left out with all that leads to it.
    pub hidden: Option<Oid>,
}

/// Fails where a name in a revision or a range means several commits: git takes a tag before a
/// remote-tracking branch, and a push of a tag would change what it means.
pub fn check_unambiguous(repo: &Repo, words: &str) -> Result<(), GitError> {
    let ends = words
        .split("..")
        .map(|end| end.trim_start_matches(['.', '^']));
    for end in ends {
        let name = end.split(['~', '^', '@', ':']).next().unwrap_or_default();
        if name.is_empty() || name == "HEAD" || name.starts_with("refs/") {
            continue;
        }
        let mut commits = Vec::new();
        let mut names = Vec::new();
        for (meaning, oid) in meanings(repo, name) {
            let commit = match repo.objects().contains(oid) {
                true => repo.objects().peel_to_commit(oid)?,
                false => None,
            };
            if !commits.contains(&commit) {
                commits.push(commit);
                names.push(meaning);
            }
        }
        if let [first, second, ..] = &names[..] {
            return Err(GitError::Ambiguous {
                name: name.escape_debug().to_string(),
                first: first.escape_debug().to_string(),
                second: second.escape_debug().to_string(),
            });
        }
    }
    Ok(())
}

/// Understands `<name>` and `<name>..<name>`, where a name is a full object id or a reference,
/// perhaps with `~<number>` behind it. `None` when git has to say what it means.
pub fn plain(repo: &Repo, words: &str) -> Result<Option<Plain>, GitError> {
    let (hidden, tip) = match words.split_once("..") {
        Some((hidden, tip)) => (Some(hidden), tip),
        None => (None, words),
    };
    let hidden = match hidden.map(|name| commit(repo, name)).transpose()? {
        Some(None) => return Ok(None),
        Some(found) => found,
        None => None,
    };
    Ok(commit(repo, tip)?.map(|tip| Plain { tip, hidden }))
}

fn commit(repo: &Repo, words: &str) -> Result<Option<Oid>, GitError> {
    let (name, back) = match words.split_once('~') {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            (name, number.parse().ok())
        }
        Some(_) => return Ok(None),
        None => (words, Some(0_usize)),
    };
    let (Some(back), Some(found)) = (back, object(repo, name)?) else {
        return Ok(None);
    };
    if !repo.objects().contains(found) {
        return Ok(None);
    }
    let Some(mut at) = repo.objects().peel_to_commit(found)? else {
        return Ok(None);
    };
    let mut buffer = Vec::new();
    for _ in 0..back {
        match repo.objects().commit(at, &mut buffer)?.parents.first() {
            Some(parent) => at = *parent,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// The object of this id, or of the one reference that the name can mean (`gitrevisions(7)`).
fn object(repo: &Repo, name: &str) -> Result<Option<Oid>, GitError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte);
    if name.starts_with(['-', '.']) || name.is_empty() || !name.bytes().all(is_plain) {
        return Ok(None);
    }
    if name.len() == 2 * repo.objects().id_len() && name.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(Oid::from_hex(name.as_bytes()).ok());
    }
    if name == "HEAD" {
        return repo.head();
    }
    // A file such as `MERGE_HEAD` goes before any branch of its name.
    if baton_sys::file::is_taken(&repo.git_dir().join(name)) && !name.starts_with("refs/") {
        return Ok(None);
    }
    match &meanings(repo, name)[..] {
        [(_, only)] => Ok(Some(*only)),
        _ => Ok(None),
    }
}

/// The references that a name can mean, with what they name.
fn meanings(repo: &Repo, name: &str) -> Vec<(String, Oid)> {
    let branches = BranchName::PREFIX;
    let meanings = ["", "refs/", "refs/tags/", branches, "refs/remotes/"];
    let mut meanings: Vec<_> = meanings.iter().map(|one| format!("{one}{name}")).collect();
    meanings.push(format!("refs/remotes/{name}/HEAD"));
    meanings.retain(|one| one.starts_with("refs/"));
    let names: Vec<_> = meanings
        .iter()
        .map(|one| one.as_bytes().as_bstr())
        .collect();
    // A name that no reference can have is for git to refuse.
    let found = repo.refs().resolve_all(&names).unwrap_or_default();
    let found = meanings.into_iter().zip(found);
    found.filter_map(|(name, oid)| Some((name, oid?))).collect()
}

/// The commit that these words name, as git understands them; `None` when they name none.
pub fn commit_named(repo: &Repo, words: &str) -> Result<Option<Oid>, GitError> {
    let wanted = format!("{words}^{{commit}}");
    let args = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &wanted,
    ];
    match repo.program().output(args) {
        Ok(hex) => Ok(Oid::from_hex(hex.trim()).ok()),
        Err(GitError::Program { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Program;
    use baton_sys::GitEnv;

    /// A chain of commits, the last of which is `main`.
    fn repository(directory: &std::path::Path, length: usize) -> Repo {
        let program = Program::new(directory.to_owned(), None);
        program.output(["init", "--quiet", "--bare"]).unwrap();
        let tree = program.output_with_input(["mktree"], b"").unwrap();
        let mut parent = String::new();
        for number in 0..length {
            let who = format!("A <a@example.org> {number} +0000");
            let text = format!("tree {tree}{parent}author {who}\ncommitter {who}\n\n{number}\n");
            let args = ["hash-object", "-t", "commit", "-w", "--stdin"];
            let oid = program.output_with_input(args, text.as_bytes()).unwrap();
            parent = format!("parent {oid}");
            let oid = oid.trim().to_str().unwrap();
            program
                .output(["update-ref", "refs/heads/main", oid])
                .unwrap();
        }
        program
            .output(["symbolic-ref", "HEAD", "refs/heads/main"])
            .unwrap();
        let env = GitEnv {
            current_dir: directory.to_owned(),
            git_dir: Some(directory.to_owned()),
            ..GitEnv::default()
        };
        Repo::open(&env).unwrap()
    }

    /// The answer of the git program, or nothing.
    fn by_git(repo: &Repo, words: &str) -> Option<Plain> {
        let out = repo
            .program()
            .output(["rev-parse", "--revs-only", words])
            .ok()?;
        let mut lines = out.lines();
        let tip = Oid::from_hex(lines.next()?).ok()?;
        let hidden = lines.next().map(|line| Oid::from_hex(&line[1..]).unwrap());
        Some(Plain { tip, hidden })
    }

    #[test]
    fn what_is_plain_means_what_git_says() {
        let directory = tempfile::tempdir().unwrap();
        let repo = repository(directory.path(), 4);
        let set = |name: &str, to: &str| {
            repo.program().output(["update-ref", name, to]).unwrap();
        };
        set("refs/remotes/origin/main", "main~1");
        set("refs/remotes/up/HEAD", "main~2");
        set("refs/tags/v1", "main~3");
        let id = by_git(&repo, "main~2").unwrap().tip;
        let words = [
            "main",
            "HEAD",
            "HEAD~1",
            "main~3",
            "main~0",
            "heads/main",
            "refs/heads/main",
            "origin/main",
            "remotes/origin/main",
            "up",
            "v1",
            "tags/v1",
            "main~2..main",
            "v1..HEAD~1",
            &id.to_string(),
            &format!("{id}~1..HEAD"),
        ];
        for words in words {
            let found = plain(&repo, words).unwrap();
            assert_eq!(found, by_git(&repo, words), "{words}");
            assert!(found.is_some(), "{words}");
        }
    }

    #[test]
    fn the_rest_is_left_to_git() {
        let directory = tempfile::tempdir().unwrap();
        let repo = repository(directory.path(), 2);
        for name in [
            "refs/heads/twice",
            "refs/tags/twice",
            "refs/heads/ORIG_HEAD",
            "ORIG_HEAD",
        ] {
            repo.program().output(["update-ref", name, "main"]).unwrap();
        }
        let words = [
            "",
            "..",
            "main..",
            "..main",
            "main...HEAD",
            "main^",
            "main~",
            "main~x",
            "main~1~1",
            "main~2",
            "main@{0}",
            "@",
            "^main",
            "nowhere",
            "twice",
            "ORIG_HEAD",
            "--all",
            "-n",
            "main:a",
            "main..nowhere",
            "0000000000000000000000000000000000000001",
            "main~-1",
            "main~+1",
        ];
        for words in words {
            assert_eq!(plain(&repo, words).unwrap(), None, "{words}");
        }
    }

    #[test]
    fn a_merge_base_is_the_one_that_git_finds() {
        let directory = tempfile::tempdir().unwrap();
        let repo = repository(directory.path(), 5);
        let id = |words: &str| plain(&repo, words).unwrap().unwrap().tip;
        let (main, old) = (id("main"), id("main~3"));
        for (one, other) in [(main, old), (old, main), (main, main)] {
            let expected = repo.program().merge_base(one, other).unwrap();
            assert_eq!(repo.objects().only_merge_base(one, other), expected);
            assert_eq!(repo.merge_base(one, other).unwrap(), expected);
        }
    }
}
