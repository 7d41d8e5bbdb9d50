//! Git's commands that move references, and those for the stash and the worktrees, which all worktrees share.

use super::arguments::{has_letter, has_long, operands, values};
use super::refspec::{Refspec, is_record};
use super::word::ansi_c;
use super::{Flow, Shell};
use crate::Refusal;
use crate::path::{self, How, UNKNOWN};
use baton_core::model::BranchName;

/// Branches on which others rest whatever a policy says.
const SHARED: [&str; 5] = ["main", "master", "trunk", "develop", "production"];

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

    /// Refuses to move one of Baton's records, a branch on which others rest, and, in a session, one that is another's.
    pub(super) fn moves_shared(&mut self, name: &str) {
        if is_record(name) {
            return self.refuse(Some(Refusal::new(
                format!("the command writes {name}, and Baton keeps its records below refs/baton/"),
                "leave them to Baton's own commands, such as `git baton session`",
            )));
        }
        if name.contains(UNKNOWN) || name.is_empty() {
            return;
        }
        let is_branch = !name.starts_with("refs/") || name.starts_with(BranchName::PREFIX);
        let short = name.strip_prefix(BranchName::PREFIX).unwrap_or(name);
        let full = BranchName::new(short).full();
        let rule = self
            .ground
            .policy
            .and_then(|policy| policy.branch_rule(&full));
        let is_shared = SHARED.contains(&short) || rule.is_some();
        let is_others = self.ground.session.is_some() && !self.is_own(name);
        if is_branch && (is_shared || is_others) {
            self.refuse_branch(short);
        }
    }

    fn refuse_branch(&mut self, short: &str) {
        self.refuse(Some(Refusal::new(
            format!("the command moves {short}, which is not this worktree's branch"),
            "commit to your own branch; others' branches move when work lands on them",
        )));
    }

    /// Refuses refspecs that move a shared branch by force, or write one of Baton's records.
    pub(super) fn push(&mut self, args: &[String], input: &Flow) {
        let has = |words: &[&str]| args.iter().any(|arg| words.contains(&arg.as_str()));
        let forced = has(&["--force", "--force-if-includes"])
            || has_letter(args, &['f'])
            || args.iter().any(|arg| arg.starts_with("--force-with-lease"));
        let deletes = has(&["--delete"]) || has_letter(args, &['d']);
        if has(&["--mirror", "--prune"]) {
            self.moves_shared("main");
        }
        let valued = ["-o", "--push-option", "--receive-pack", "--exec", "--repo"];
        let refspecs = refspecs(args, &valued, input);
        if forced && refspecs.is_empty() && !has(&["--tags"]) {
            let own = self.ground.branch.clone().unwrap_or_default();
            self.moves_shared(if has(&["--all", "--branches"]) {
                "main"
            } else {
                &own
            });
        }
        for refspec in refspecs {
            self.pushes(&refspec, forced || deletes);
        }
    }

    /// Refuses a refspec of a push.
    pub(super) fn pushes(&mut self, refspec: &str, forced: bool) {
        let refspec = Refspec::parse(refspec);
        let to = refspec.to.as_ref().unwrap_or(&refspec.from);
        if refspec.forges_record(to) {
            self.moves_shared(to);
        }
        if !(forced || refspec.forced || refspec.from.is_empty()) {
            return;
        }
        let own = self.ground.branch.clone().unwrap_or_default();
        let to = if to == "HEAD" || to == "@" { &own } else { to };
        // All branches are others' too.
        let is_every = to == "refs/*" || to.strip_prefix(BranchName::PREFIX) == Some("*");
        self.moves_shared(if is_every { "main" } else { to });
    }

    /// Refuses refspecs that move a branch by force, or write one of Baton's records.
    pub(super) fn fetch(&mut self, args: &[String], input: &Flow) {
        let forced = has_long(args, "--force") || has_letter(args, &['f']);
        let prunes = has_long(args, "--prune") || has_letter(args, &['p']);
        let valued = [
            "-o",
            "--server-option",
            "--depth",
            "--deepen",
            "--shallow-since",
            "--shallow-exclude",
            "--negotiation-tip",
            "--filter",
            "--upload-pack",
            "--refmap",
            "-j",
            "--jobs",
            "-s",
            "--strategy",
            "-X",
            "--strategy-option",
        ];
        let mut refspecs = refspecs(args, &valued, input);
        refspecs.extend(values(args, &["--refmap"]));
        for refspec in refspecs {
            self.fetches(&refspec, forced, prunes);
        }
    }

    /// Refuses a refspec of a fetch. Pruned are the references that the other side does not have.
    pub(super) fn fetches(&mut self, refspec: &str, forced: bool, prunes: bool) {
        let refspec = Refspec::parse(refspec);
        let Some(to) = refspec.to.as_ref().filter(|to| !to.is_empty()) else {
            return;
        };
        if refspec.forges_record(to) || prunes && is_record(to) {
            self.moves_shared(to);
        }
        if (forced || refspec.forced) && !to.starts_with("refs/remotes/") {
            self.moves_branch(to);
        }
    }

    /// Refuses a remote by which every reference would be moved.
    pub(super) fn remote(&mut self, args: &[String]) {
        if args.first().is_some_and(|verb| verb == "add")
            && args.iter().any(|arg| arg.starts_with("--mirror"))
        {
            self.moves_shared("main");
        }
    }

    pub(super) fn update_ref(&mut self, args: &[String], input: &Flow) {
        if !has_long(args, "--stdin") {
            if let Some(name) = operands(args, &["-m"]).first() {
                self.moves_any(name);
            }
            return;
        }
        if let Flow::Text(text) = input {
            for line in text.split(['\n', '\0']) {
                let words: Vec<_> = line.split(' ').map(unquoted).collect();
                let count = if line.starts_with("symref-") { 2 } else { 1 };
                let names = words.iter().skip(1).take(count);
                names.for_each(|name| self.moves_any(name));
            }
        }
    }

    /// Refuses the references that a stream for `git fast-import` moves.
    pub(super) fn fast_import(&mut self, input: &Flow) {
        let Flow::Text(text) = input else {
            return;
        };
        let moved = |line: &str| {
            let name = line.strip_prefix("reset ");
            let name = name.or_else(|| line.strip_prefix("commit "));
            name.map(str::to_owned)
        };
        let names = text.lines().filter_map(moved);
        names.for_each(|name| self.moves_any(&name));
    }

    /// Refuses a move of a reference by its full name, unless it is this worktree's own.
    fn moves_any(&mut self, name: &str) {
        let is_branch = name.starts_with(BranchName::PREFIX) || name.starts_with("heads/");
        let name = name.strip_prefix("heads/").unwrap_or(name);
        if is_record(name) {
            self.moves_shared(name);
        } else if name == "refs/stash" {
            self.refuse_stash();
        } else if is_branch && !self.is_own(name) {
            let short = name.strip_prefix(BranchName::PREFIX).unwrap_or(name);
            self.refuse_branch(short);
        }
    }

    /// Refuses a reference that leads to another's branch, and one that is, or leads to, one of Baton's records.
    pub(super) fn symbolic_ref(&mut self, args: &[String]) {
        let operands = operands(args, &["-m"]);
        for (at, name) in operands.iter().enumerate() {
            if at > 0 || is_record(name) {
                self.moves_any(name);
            }
        }
    }

    pub(super) fn branch(&mut self, args: &[String]) {
        let letters = |wanted: &[char]| has_letter(args, wanted);
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

/// The refspecs behind the repository, and those that a command reads with `--stdin`.
fn refspecs(args: &[String], valued: &[&str], input: &Flow) -> Vec<String> {
    let mut refspecs = operands(args, valued);
    refspecs.drain(..1.min(refspecs.len()));
    if let (true, Flow::Text(text)) = (has_long(args, "--stdin"), input) {
        refspecs.extend(text.lines().map(str::to_owned));
    }
    refspecs
}

/// A word as `git update-ref --stdin` reads it: as it is, or quoted as in C.
fn unquoted(word: &str) -> String {
    let quoted = word
        .strip_prefix('"')
        .and_then(|word| word.strip_suffix('"'));
    quoted.map_or_else(|| word.to_owned(), ansi_c)
}
