//! Git's commands that move references, and those for the stash and the worktrees, which all worktrees share.

use super::arguments::operands;
use super::{Flow, Shell};
use crate::Refusal;
use crate::path::{self, How, UNKNOWN};
use baton_core::model::BranchName;

/// Branches on which others rest whatever a policy says.
const SHARED: [&str; 5] = ["main", "master", "trunk", "develop", "production"];

/// Below what Baton keeps its records.
const RECORDS: &str = "refs/baton/";

/// True if a refspec writes one of Baton's records otherwise than as the other side has it. What sessions claim is of one
/// clone alone.
fn forges_record(from: &str, to: &str) -> bool {
    to.starts_with(RECORDS) && (from != to || to == "refs/baton/claims")
}

impl Shell<'_> {
    /// Refuses to move a branch in a way that loses commits, unless it is this worktree's own.
    pub(super) fn moves_branch(&mut self, name: &str) {
        if !self.is_own(name) {
            self.moves_shared(name);
        }
    }

    fn is_own(&self, name: &str) -> bool {
        let name = name.strip_prefix(BranchName::PREFIX).unwrap_or(name);
        let own = self.ground.branch.as_deref().unwrap_or_default();
        name == "HEAD" || name == "@" || !own.is_empty() && path::below(name, own).is_some()
    }

    fn moves_shared(&mut self, name: &str) {
        if name.contains(UNKNOWN) || name.is_empty() {
            return;
        }
        let is_batons = name.starts_with(RECORDS);
        let is_branch = !name.starts_with("refs/") || name.starts_with(BranchName::PREFIX);
        let short = name.strip_prefix(BranchName::PREFIX).unwrap_or(name);
        let full = BranchName::new(short).full();
        let rule = self
            .ground
            .policy
            .and_then(|policy| policy.branch_rule(&full));
        let is_shared = SHARED.contains(&short) || rule.is_some();
        let is_others = self.ground.session.is_some() && !self.is_own(name);
        if is_batons || is_branch && (is_shared || is_others) {
            self.refuse(Some(Refusal::new(
                format!("the command moves {short}, which is not this worktree's branch"),
                "commit to your own branch; others' branches move when work lands on them",
            )));
        }
    }

    pub(super) fn push(&mut self, args: &[String]) {
        let has = |words: &[&str]| args.iter().any(|arg| words.contains(&arg.as_str()));
        let letters = |letter: char| {
            let mut short = args
                .iter()
                .filter(|arg| arg.starts_with('-') && !arg.starts_with("--"));
            short.any(|arg| arg.contains(letter))
        };
        let forced = has(&["--force", "--force-if-includes"])
            || letters('f')
            || args.iter().any(|arg| arg.starts_with("--force-with-lease"));
        let deletes = has(&["--delete"]) || letters('d');
        if has(&["--mirror", "--prune"]) {
            self.moves_shared("main");
        }
        let operands = operands(
            args,
            &["-o", "--push-option", "--receive-pack", "--exec", "--repo"],
        );
        let refspecs = operands.get(1..).unwrap_or_default();
        if forced && refspecs.is_empty() && !has(&["--tags"]) {
            let own = self.ground.branch.clone().unwrap_or_default();
            self.moves_shared(if has(&["--all", "--branches"]) {
                "main"
            } else {
                &own
            });
        }
        for refspec in refspecs {
            let plus = refspec.strip_prefix('+');
            let plain = plus.unwrap_or(refspec);
            let (from, to) = plain.split_once(':').unwrap_or((plain, plain));
            if forges_record(from, to) {
                self.moves_shared(to);
            }
            if !(forced || deletes || plus.is_some() || from.is_empty()) {
                continue;
            }
            let own = self.ground.branch.clone().unwrap_or_default();
            let to = if to == "HEAD" || to == "@" {
                own.as_str()
            } else {
                to
            };
            // All branches are others' too.
            let is_every = to == "refs/*" || to.strip_prefix(BranchName::PREFIX) == Some("*");
            self.moves_shared(if is_every { "main" } else { to });
        }
    }

    /// Refuses refspecs that move a branch by force, or write one of Baton's records.
    pub(super) fn fetch(&mut self, args: &[String]) {
        let forced = args.iter().any(|arg| arg == "-f" || arg == "--force");
        let operands = operands(args, &["-o", "--depth", "--upload-pack", "--refmap", "-j"]);
        for refspec in operands.iter().skip(1) {
            let plus = refspec.strip_prefix('+');
            let Some((from, to)) = plus.unwrap_or(refspec).split_once(':') else {
                continue;
            };
            if forges_record(from, to) {
                self.moves_shared(to);
            }
            let is_forced = forced || plus.is_some();
            if is_forced && !to.starts_with("refs/remotes/") && !to.is_empty() {
                self.moves_branch(to);
            }
        }
    }

    pub(super) fn update_ref(&mut self, args: &[String], input: &Flow) {
        if args.iter().any(|arg| arg == "--stdin") {
            if let Flow::Text(text) = input {
                let names: Vec<_> = text
                    .split(['\n', '\0'])
                    .filter_map(|line| line.split(' ').nth(1).map(str::to_owned))
                    .collect();
                names.iter().for_each(|name| self.moves_any(name));
            }
            return;
        }
        if let Some(name) = operands(args, &["-m"]).first() {
            self.moves_any(name);
        }
    }

    /// Refuses a move of a reference by its full name, unless it is this worktree's own.
    fn moves_any(&mut self, name: &str) {
        let is_branch = name.starts_with(BranchName::PREFIX) || name.starts_with("heads/");
        let name = name.strip_prefix("heads/").unwrap_or(name);
        if name.starts_with(RECORDS) {
            self.moves_shared(name);
        } else if name == "refs/stash" {
            self.refuse_stash();
        } else if is_branch && !self.is_own(name) {
            let short = name.strip_prefix(BranchName::PREFIX).unwrap_or(name);
            self.refuse(Some(Refusal::new(
                format!("the command moves {short}, which is not this worktree's branch"),
                "commit to your own branch; others' branches move when work lands on them",
            )));
        }
    }

    pub(super) fn symbolic_ref(&mut self, args: &[String]) {
        let operands = operands(args, &["-m"]);
        if let Some(name) = operands.first().filter(|name| name.starts_with(RECORDS)) {
            self.moves_any(name);
        }
        if let Some(to) = operands
            .get(1)
            .filter(|to| to.starts_with(BranchName::PREFIX))
        {
            self.moves_any(to);
        }
    }

    pub(super) fn branch(&mut self, args: &[String]) {
        let letters = |wanted: &[char]| {
            let mut short = args
                .iter()
                .filter(|arg| arg.starts_with('-') && !arg.starts_with("--"));
            short.any(|arg| arg.contains(wanted))
        };
        let forced = letters(&['D', 'f', 'M', 'C']) || args.iter().any(|arg| arg == "--force");
        let operands = operands(
            args,
            &[
                "-u",
                "--set-upstream-to",
                "--sort",
                "--format",
                "--contains",
            ],
        );
        if !forced {
            return;
        }
        let all = letters(&['D', 'd']) || args.iter().any(|arg| arg == "--delete");
        let moved = match (all, letters(&['M', 'C'])) {
            (true, _) => operands,
            (false, true) => operands,
            (false, false) => operands.into_iter().take(1).collect(),
        };
        if letters(&['r']) {
            return;
        }
        moved.iter().for_each(|name| self.moves_branch(name));
    }

    pub(super) fn stash(&mut self, args: &[String]) {
        let verb = args.first().map_or("push", |verb| verb.as_str());
        let verb = if verb.starts_with('-') { "push" } else { verb };
        let reads = ["list", "show", "apply", "create", "branch"].contains(&verb);
        let may = self
            .ground
            .policy
            .is_none_or(|policy| policy.sessions.may_stash);
        if !may && self.ground.session.is_some() && !reads {
            return self.refuse_stash();
        }
        match verb {
            "push" | "save" | "store" => self.stashed += 1,
            "pop" | "drop" => {
                let place = operands(args, &[]).get(1).cloned().unwrap_or_default();
                let digits: String = place.chars().filter(char::is_ascii_digit).collect();
                let place: usize = digits.parse().unwrap_or(0);
                match place.checked_sub(self.stashed) {
                    None => self.stashed -= 1,
                    Some(place) if self.is_others_stash(place) => self.refuse_stash(),
                    Some(_) => {}
                }
            }
            "clear" if (0..self.ground.stash.len()).any(|place| self.is_others_stash(place)) => {
                self.refuse_stash();
            }
            _ => {}
        }
    }

    fn is_others_stash(&self, place: usize) -> bool {
        let branch = self.ground.stash.get(place);
        branch.is_some_and(|branch| !self.is_own(branch))
    }

    fn refuse_stash(&mut self) {
        self.refuse(Some(Refusal::new(
            "the stash belongs to all worktrees, and the command changes what another one put there",
            "commit your work on your own branch instead",
        )));
    }

    pub(super) fn worktree(&mut self, args: &[String]) {
        let verb = args.first().map_or("", |verb| verb.as_str());
        let operands = operands(
            args.get(1..).unwrap_or_default(),
            &["-b", "-B", "--reason", "--orphan"],
        );
        match verb {
            "remove" | "move" | "unlock" | "repair" => {
                if let Some(path) = operands.first() {
                    let place = self.absolute(path);
                    let others = self.ground.others.iter();
                    let id = |root: &str| root.rsplit('/').next() == Some(path.as_str());
                    let of_session = others
                        .filter(|one| one.session.is_some())
                        .any(|one| one.root == place || id(&one.root));
                    if of_session {
                        self.refuse(Some(Refusal::new(
                            format!("{path} is the worktree of another session"),
                            "leave it to the session that works there",
                        )));
                    }
                }
            }
            "add" => {
                let force = args.iter().position(|arg| arg == "-B");
                if let Some(branch) = force.and_then(|at| args.get(at + 1)) {
                    self.moves_branch(&branch.clone());
                }
                if let Some(path) = operands.first() {
                    self.writes(path, How::Directory);
                }
            }
            _ => {}
        }
    }
}
