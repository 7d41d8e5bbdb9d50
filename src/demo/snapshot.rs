use std::collections::BTreeMap;

use super::outcome::State;

/// All that an attempt could have changed, as git itself tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Snapshot {
    /// Every reference by its full name, the remote's own behind [`FORGE_MARK`](super::scene::FORGE_MARK).
    pub(super) refs: BTreeMap<String, String>,
    /// `git status --porcelain=v2 --branch` of the agent's worktree: `HEAD`, and every path that
    /// is not as in `HEAD`.
    pub(super) status: String,
    /// The files by which git remembers an operation that is not finished.
    pub(super) unfinished: Vec<&'static str>,
}

impl Snapshot {
    /// The state of this one, which comes after `before`.
    pub(super) fn compared_with(&self, before: &Self) -> State {
        if self == before {
            return self.untouched();
        }
        if self.refs == before.refs {
            let unfinished = match self.unfinished.as_slice() {
                [] => "index or files differ".to_owned(),
                files => format!("unfinished: {}", files.join(", ")),
            };
            return State::Other(unfinished.into());
        }
        let names = self.refs.keys().chain(before.refs.keys());
        let mut moved: Vec<String> = names
            .filter(|name| self.refs.get(*name) != before.refs.get(*name))
            .map(|name| short(name))
            .collect();
        moved.sort_unstable();
        moved.dedup();
        let rest = match self.paths().next() {
            None => "",
            Some(_) => "; index or files differ from HEAD",
        };
        State::Moved(format!("{}{rest}", moved.join(", ")).into())
    }

    fn untouched(&self) -> State {
        let staged = |line: &str| matches!(line.as_bytes(), [b'1' | b'2', _, x, ..] if *x != b'.');
        if self.paths().any(staged) {
            State::Staged
        } else if self.paths().next().is_some() {
            State::Unstaged
        } else {
            State::Clean
        }
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        self.status.lines().filter(|line| !line.starts_with('#'))
    }
}

/// A reference's name as people say it.
fn short(name: &str) -> String {
    name.replace("refs/heads/", "").replace("refs/remotes/", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(tip: &str, status: &str) -> Snapshot {
        Snapshot {
            refs: BTreeMap::from([("refs/heads/main".to_owned(), tip.to_owned())]),
            status: format!("# branch.oid 1\n{status}"),
            unfinished: Vec::new(),
        }
    }

    #[test]
    fn what_is_as_before_is_told_apart_by_what_waits() {
        for (status, state) in [
            ("", State::Clean),
            ("1 .M N... f\n", State::Unstaged),
            ("? f\n", State::Unstaged),
            ("? f\n1 M. N... g\n", State::Staged),
        ] {
            let before = snapshot("1", status);
            assert_eq!(before.clone().compared_with(&before), state, "{status}");
        }
    }

    #[test]
    fn a_difference_is_named() {
        let before = snapshot("1", "");
        let moved = snapshot("2", "").compared_with(&before);
        assert_eq!(moved, State::Moved("main".into()));
        let dirty = snapshot("2", "1 M. N... g\n").compared_with(&before);
        assert_ne!(dirty, moved);
        let mut stopped = snapshot("1", "");
        stopped.unfinished.push("MERGE_HEAD");
        assert_eq!(
            stopped.compared_with(&before),
            State::Other("unfinished: MERGE_HEAD".into())
        );
    }
}
