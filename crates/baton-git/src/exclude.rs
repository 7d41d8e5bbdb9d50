//! The paths that git overlooks in every worktree of a repository, because `info/exclude` names them
//! ([gitignore(5)](https://git-scm.com/docs/gitignore)).

use bstr::ByteSlice;

use super::{GitError, Repo};
use baton_sys::file;

/// The pattern of this one path, from the root of a worktree; a trailing `/` restricts it to
/// directories.
pub fn literal(path: &str) -> String {
    let mut pattern = String::from("/");
    for c in path.chars() {
        if "*?[\\ ".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// Adds those of these patterns that are not there yet.
pub fn add(repo: &Repo, patterns: &[&str]) -> Result<(), GitError> {
    let path = repo.common_dir().join("info").join("exclude");
    let before = file::read_if_exists(&path).map_err(GitError::io(&path))?;
    let before = before.unwrap_or_default();
    let mut text = before.clone();
    for pattern in patterns {
        if before
            .split(|b| *b == b'\n')
            .any(|known| known == pattern.as_bytes())
        {
            continue;
        }
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        text.extend_from_slice(pattern.as_bytes());
        text.push(b'\n');
    }
    match text == before {
        true => Ok(()),
        false => file::write_atomically(&path, &text).map_err(GitError::io(path)),
    }
}

/// Those of these paths, from the root of the worktree, that git tracks there: it overlooks none of
/// their changes, whatever the patterns say.
pub fn tracked(repo: &Repo, paths: &[&str]) -> Result<Vec<String>, GitError> {
    let mut args = vec!["ls-files".to_owned(), "-z".to_owned(), "--".to_owned()];
    args.extend(paths.iter().map(|path| format!(":(top,literal){path}")));
    let found = repo.program().output(&args)?;
    let names = found.split(|b| *b == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| name.to_str_lossy().into_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn a_path_stands_for_itself() {
        assert_eq!(literal("a b/[c]*/"), "/a\\ b/\\[c]\\*/");
    }
}
