//! Which paths may not be written.

use bstr::{BStr, ByteSlice};

use baton_core::claims::Others;
use baton_core::policy::{Policy, Writer, fold};

use crate::{Ground, Refusal};

/// Stands in a path for text that is not known.
pub(crate) const UNKNOWN: char = '\u{f0000}';
/// Stands in a path for any text in a name: an unquoted `*`.
pub(crate) const ANY: char = '\u{f0001}';
/// Stands in a path for one character: an unquoted `?` or `[...]`.
pub(crate) const ONE: char = '\u{f0002}';

/// The number of names that a wildcard may stand for before it is taken for unknown.
const MAX_NAMES: usize = 2_000;

/// In what way a path is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// A file is made or changed.
    Write,
    /// A whole tree is made, moved or removed.
    Tree,
    /// A directory is made.
    Directory,
}

/// Files and directories in which agents look for their hooks.
const AGENT_SETTINGS: [&str; 10] = [
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".codex/hooks.json",
    ".codex/config.toml",
    ".gemini/settings.json",
    ".github/hooks",
    ".cursor/hooks.json",
    ".opencode/plugin",
    ".opencode/plugins",
    "opencode.json",
];

/// The entries of a git directory that only git and Baton write.
const GIT_OWNED: [&str; 15] = [
    "hooks",
    "config",
    "config.worktree",
    "baton",
    "info",
    "refs",
    "packed-refs",
    "reftable",
    "head",
    "logs",
    "objects",
    "worktrees",
    "remotes",
    "commondir",
    "gitdir",
];

/// `path` seen from `directory`, without `.`, `..` and doubled slashes.
pub(crate) fn join(directory: &str, path: &str) -> String {
    let whole = match path.starts_with('/') || path.starts_with(UNKNOWN) {
        true => path.to_owned(),
        false => format!("{directory}/{path}"),
    };
    let mut names: Vec<&str> = Vec::new();
    for name in whole.split('/') {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| !last.contains(UNKNOWN)) => {
                names.pop();
            }
            ".." if names.is_empty() => {}
            name => names.push(name),
        }
    }
    let joined = names.join("/");
    match whole.starts_with(UNKNOWN) {
        true => joined,
        false => format!("/{joined}"),
    }
}

/// Returns the part of `path` below `directory`; empty where they are the same.
pub(crate) fn below<'a>(path: &'a str, directory: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(directory)?;
    match rest.strip_prefix('/') {
        Some(inside) => Some(inside),
        None => rest.is_empty().then_some(""),
    }
}

impl Ground<'_> {
    /// Why this absolute path may not be written.
    pub(crate) fn refuses(&self, path: &str, how: How) -> Option<Refusal> {
        if let Some(at) = path.rfind(UNKNOWN) {
            let rest = &path[at + UNKNOWN.len_utf8()..];
            let elsewhere = ["/tmp/", "/var/", "/dev/", "/proc/", "/private/"];
            if elsewhere.iter().any(|start| path.starts_with(start)) {
                return None;
            }
            return self.refuses_inside(rest.strip_prefix('/')?, how);
        }
        if path.contains([ANY, ONE]) {
            let mut found = self.matching(path).into_iter();
            return found.find_map(|path| self.refuses_known(&path, how));
        }
        self.refuses_known(path, how)
    }

    fn refuses_known(&self, path: &str, how: How) -> Option<Refusal> {
        self.refuses_as_written(path, how).or_else(|| {
            let resolved = self.files.resolve(path);
            (resolved != path)
                .then(|| self.refuses_as_written(&resolved, how))
                .flatten()
        })
    }

    fn refuses_as_written(&self, path: &str, how: How) -> Option<Refusal> {
        for directory in [&self.git_dir, &self.common_dir] {
            if let Some(rest) = below(path, directory) {
                return self.refuses_in_git_dir(rest, path);
            }
        }
        let other = self
            .others
            .iter()
            .find(|one| one.root == path && one.session.is_some() && how == How::Tree);
        if other.is_some() {
            return Some(Refusal::new(
                format!("{path} is the worktree of another session"),
                "leave it to the session that works there",
            ));
        }
        let is_above = how == How::Tree && below(&self.root, path).is_some();
        let inside = self.inside(path).or(is_above.then_some(""))?;
        self.refuses_inside(inside, how)
    }

    /// The path from the root of the worktree in which it lies.
    fn inside<'a>(&self, path: &'a str) -> Option<&'a str> {
        let others = self.others.iter().map(|one| &one.root);
        let roots = others.chain([&self.root]);
        let found = roots.filter_map(|root| Some((root.len(), below(path, root)?)));
        found
            .max_by_key(|(length, _)| *length)
            .map(|(_, rest)| rest)
    }

    fn refuses_in_git_dir(&self, rest: &str, path: &str) -> Option<Refusal> {
        let folded = fold(rest.into()).to_string();
        let first = folded.split('/').next().unwrap_or_default();
        let is_lock = folded.ends_with(".lock");
        let owned = first.is_empty() || GIT_OWNED.contains(&first);
        (owned && !is_lock).then(|| {
            Refusal::new(
                format!("{path} belongs to git and to the guard of this repository"),
                "leave it as it is, and use git's commands for what you want to change",
            )
        })
    }

    /// Why a path, seen from the root of a worktree, may not be written.
    pub(crate) fn refuses_inside(&self, path: &str, how: How) -> Option<Refusal> {
        let folded = fold(path.into());
        let text = folded.to_str_lossy();
        if let Some(rest) = below(&text, ".git") {
            return self.refuses_in_git_dir(rest, path);
        }
        if AGENT_SETTINGS.iter().any(|one| below(&text, one).is_some()) {
            return Some(Refusal::new(
                format!("{path} says which hooks an agent has"),
                "leave it to the people who look after this repository",
            ));
        }
        if path.is_empty() && how == How::Tree {
            return self.refuses_in_git_dir("", ".git");
        }
        if how == How::Directory {
            return None;
        }
        let policy = self.policy?;
        let refusal = self.refuses_by_policy(policy, path.into());
        refusal.or_else(|| self.refuses_claimed(policy, path.into()))
    }

    fn refuses_by_policy(&self, policy: &Policy, path: &BStr) -> Option<Refusal> {
        let hand_in = "hand the text in with `git baton session summary` instead; the orchestrator brings it in";
        let writer = policy
            .writer_of(path)
            .or_else(|| policy.writer_beside(path));
        let (who, help) = match writer {
            Some(Writer::Aggregate) => (
                "only the orchestrator's aggregate commit may change it",
                hand_in,
            ),
            Some(Writer::Nobody) => (
                "no commit may change it",
                "put what you have to say into a file of your own",
            ),
            Some(Writer::Maintainers) if (self.signs_as_maintainer)() => return None,
            Some(Writer::Maintainers) => (
                "only a maintainer may change it",
                "tell the maintainers what should change",
            ),
            None => return self.refuses_session_file(policy, path),
        };
        Some(Refusal::new(format!("{path} is protected: {who}"), help))
    }

    fn refuses_session_file(&self, policy: &Policy, path: &BStr) -> Option<Refusal> {
        let session = policy.session_of(path)?;
        let is_others = match &self.session {
            Some(own) => !own.agrees_with(&session),
            None => {
                let mut bound = self.others.iter().filter_map(|one| one.session.as_ref());
                bound.any(|one| one.agrees_with(&session))
            }
        };
        is_others.then(|| {
            Refusal::new(
                format!("{path} belongs to session {session}, which is not this worktree's"),
                "write to your own session's files; `git baton session show` names them",
            )
        })
    }

    fn refuses_claimed(&self, policy: &Policy, path: &BStr) -> Option<Refusal> {
        let others = Others {
            policy,
            session: self.session.as_ref(),
            held: &self.claims,
        };
        let claimed = others.claimed(path)?;
        Some(Refusal::new(claimed.to_string(), claimed.help()))
    }

    /// The paths that are there and match this one with wildcards.
    pub(crate) fn matching(&self, pattern: &str) -> Vec<String> {
        let mut found = vec![String::new()];
        for name in pattern.split('/').filter(|name| !name.is_empty()) {
            if !name.contains([ANY, ONE]) {
                found.iter_mut().for_each(|path| {
                    path.push('/');
                    path.push_str(name);
                });
                continue;
            }
            let mut next = Vec::new();
            for directory in &found {
                let top = if directory.is_empty() { "/" } else { directory };
                for entry in self.files.names(top) {
                    if next.len() < MAX_NAMES && matches(name, &entry) {
                        next.push(format!("{directory}/{entry}"));
                    }
                }
            }
            found = next;
        }
        found
    }
}

/// True if a pattern with wildcards matches a name as a shell does: a leading dot only literally.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    glob(&pattern, &name)
}

/// True if a pattern with wildcards matches a text, in which a wildcard may stand for a slash.
pub(crate) fn glob(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < text.len() {
        match pattern.get(at) {
            Some(&ANY) => {
                star = Some((at, read));
                at += 1;
            }
            Some(&one) if one == ONE || one == text[read] => {
                at += 1;
                read += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    at = back + 1;
                    read = from + 1;
                    star = Some((back, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|one| *one == ANY)
}
