//! Git's own commands: what leaves hooks out, leads git elsewhere, or changes protected files.

use super::arguments::{letters, operands, values};
use super::{Flow, Shell};
use crate::Refusal;
use crate::path::{self, How, UNKNOWN};

/// The refusal of what would run without the repository's hooks.
pub(super) fn without_hooks() -> Refusal {
    Refusal::new(
        "the command leaves out the hooks by which this repository's commits are judged",
        "run it as it is meant to run, and mend what a hook names",
    )
}

pub(super) fn leads_elsewhere(what: &str) -> Refusal {
    Refusal::new(
        format!("{what} leads git away from this repository's settings and hooks"),
        "run the command without it",
    )
}

/// Git's commands that change what a branch holds.
const CHANGING: [&str; 14] = [
    "add",
    "am",
    "apply",
    "branch",
    "checkout",
    "cherry-pick",
    "commit",
    "commit-tree",
    "merge",
    "push",
    "rebase",
    "reset",
    "revert",
    "update-ref",
];

impl Shell<'_> {
    pub(super) fn git(
        &mut self,
        args: &[String],
        assigned: &[(String, String)],
        input: &Flow,
    ) -> Flow {
        let mut at = 0;
        let mut directory = self.cwd.clone();
        let mut git_dir = assigned
            .iter()
            .find(|(name, _)| name == "GIT_DIR")
            .map(|(_, value)| value.clone());
        git_dir = git_dir.or_else(|| self.variables.get("GIT_DIR").cloned());
        let mut settings = Vec::new();
        let mut moved_programs = false;
        while let Some(arg) = args.get(at).filter(|arg| arg.starts_with('-')) {
            let value = args.get(at + 1).cloned().unwrap_or_default();
            at += 1;
            match arg.as_str() {
                "-C" => directory = path::join(&directory, &value),
                "-c" => settings.push(value),
                "--config-env" => settings.push(self.with_variable(&value, assigned)),
                "--git-dir" => git_dir = Some(value),
                "--work-tree" | "--namespace" | "--super-prefix" | "--attr-source" => {}
                "--exec-path" | "-p" | "-P" => continue,
                other => {
                    if let Some(path) = other.strip_prefix("--git-dir=") {
                        git_dir = Some(path.to_owned());
                    } else if let Some(setting) = other.strip_prefix("--config-env=") {
                        settings.push(self.with_variable(setting, assigned));
                    } else if let Some(setting) = other.strip_prefix("-c") {
                        settings.push(setting.to_owned());
                    }
                    moved_programs |= other.starts_with("--exec-path=");
                    continue;
                }
            }
            at += 1;
        }
        let Some(name) = args.get(at).cloned() else {
            return Flow::Unknown;
        };
        let args = &args[at + 1..];
        let is_changing = CHANGING.contains(&name.as_str());
        if let Some(git_dir) = git_dir.filter(|dir| !dir.is_empty()) {
            let place = path::join(&directory, &git_dir);
            let own = [&self.ground.git_dir, &self.ground.common_dir];
            let is_own = own.contains(&&place) || place == format!("{}/.git", self.ground.root);
            if !is_own && !place.contains(UNKNOWN) {
                let works_here = path::below(&directory, &self.ground.root).is_some();
                if works_here && is_changing {
                    self.refuse(Some(leads_elsewhere("another git directory")));
                }
                return Flow::Unknown;
            }
        } else if self.is_elsewhere(&directory) {
            self.makes_repository(&name, args, &directory);
            return Flow::Unknown;
        }
        if moved_programs && is_changing {
            self.refuse(Some(leads_elsewhere("`--exec-path`")));
        }
        for setting in settings {
            let (key, value) = setting.split_once('=').unwrap_or((&setting, "true"));
            self.sets(key, value);
        }
        let before = std::mem::replace(&mut self.cwd, directory);
        let flow = self.git_command(&name, args, input);
        self.cwd = before;
        flow
    }

    /// True if a directory belongs to another repository.
    fn is_elsewhere(&self, directory: &str) -> bool {
        if directory.contains(UNKNOWN) {
            return directory.starts_with("/tmp/");
        }
        if self
            .foreign
            .iter()
            .any(|one| path::below(directory, one).is_some())
        {
            return true;
        }
        let others = self.ground.others.iter().map(|one| &one.root);
        let mut roots = others.chain([&self.ground.root]);
        let Some(root) = roots.find(|root| path::below(directory, root).is_some()) else {
            let own = [&self.ground.git_dir, &self.ground.common_dir];
            return !own.iter().any(|one| path::below(directory, one).is_some());
        };
        let mut at = directory;
        while at.len() > root.len() {
            if self.ground.files.is_directory(&format!("{at}/.git")) {
                return true;
            }
            at = at.rsplit_once('/').map_or("", |(above, _)| above);
        }
        false
    }

    /// True if the current directory lies in another worktree that has a session.
    fn is_in_worktree_of_another(&self) -> bool {
        let here = self.ground.files.resolve(&self.cwd);
        let depth = |root: &String| path::below(&here, root).map(|_| root.len());
        let others = self.ground.others.iter();
        let bound = others.filter(|one| one.session.is_some());
        bound.filter_map(|one| depth(&one.root)).max() > depth(&self.ground.root)
    }

    fn makes_repository(&mut self, name: &str, args: &[String], directory: &str) {
        let operands = operands(
            args,
            &[
                "-b",
                "--initial-branch",
                "--template",
                "--depth",
                "--branch",
                "-o",
            ],
        );
        let place = match name {
            "init" => operands
                .first()
                .map_or(".", |path| path.as_str())
                .to_owned(),
            "clone" => match operands.as_slice() {
                [_, path, ..] => path.clone(),
                [url] => {
                    let name = url
                        .trim_end_matches('/')
                        .rsplit(['/', ':'])
                        .next()
                        .unwrap_or_default();
                    name.strip_suffix(".git").unwrap_or(name).to_owned()
                }
                [] => return,
            },
            _ => return,
        };
        let place = path::join(directory, &place);
        if place != self.ground.root {
            self.foreign.push(place);
        }
    }

    fn git_command(&mut self, name: &str, args: &[String], input: &Flow) -> Flow {
        let long = |word: &str| {
            args.iter()
                .take_while(|arg| *arg != "--")
                .any(|arg| arg == word)
        };
        match name {
            "commit" if leaves_hooks_out_of_commit(args) => self.refuse(Some(without_hooks())),
            "merge" | "cherry-pick" | "revert" | "pull" | "rebase" | "am" | "push"
                if no_verify(args) =>
            {
                self.refuse(Some(without_hooks()));
            }
            "am" if long("-n") => self.refuse(Some(without_hooks())),
            "rebase" => {
                for command in values(args, &["-x", "--exec"]) {
                    self.apart(|shell| shell.script(&command, &Flow::Unknown));
                }
            }
            "bisect" if args.first().is_some_and(|arg| arg == "run") => {
                self.apart(|shell| shell.run(&args[1..], &[], &Flow::Unknown));
            }
            "submodule" if args.iter().any(|arg| arg == "foreach") => {}
            "config" => self.config(args),
            "init" | "clone" => {
                let directory = self.cwd.clone();
                self.makes_repository(name, args, &directory);
            }
            "push" | "send-pack" => self.push(args, input),
            "update-ref" => self.update_ref(args, input),
            "fast-import" => self.fast_import(input),
            "symbolic-ref" => self.symbolic_ref(args),
            "branch" => self.branch(args),
            "checkout" | "switch" => self.checkout(name, args),
            "restore" => self.restore(args),
            "fetch" | "pull" => self.fetch(args, input),
            "remote" => self.remote(args),
            "stash" => self.stash(args),
            "worktree" => self.worktree(args),
            "rm" | "mv" => {
                for path in operands(args, &[]) {
                    self.writes(&path, How::Tree);
                }
            }
            "baton" => self.baton(args),
            "apply" | "am" => self.applies(args, input),
            "update-index" => self.update_index(args),
            "archive" | "bundle" | "format-patch" | "diff" | "log" | "show" => {
                for path in values(args, &["--output", "-o"]) {
                    self.writes(&path, How::Write);
                }
            }
            _ => return self.git_output(name, args),
        }
        self.git_output(name, args)
    }

    /// Refuses what takes the guard out, and what gives back the claims of another worktree's session.
    pub(super) fn baton(&mut self, args: &[String]) {
        let verbs = args.iter().map(String::as_str).take(2);
        if verbs.eq(["session", "release"]) && self.is_in_worktree_of_another() {
            self.refuse(Some(Refusal::new(
                "the command gives back what another session claims",
                "leave that to the session, or wait until it has ended",
            )));
        }
        if args.first().is_some_and(|arg| arg == "uninstall") {
            self.refuse(Some(Refusal::new(
                "the command takes the guard out of this repository",
                "leave that to the people who look after it",
            )));
        }
    }

    fn git_output(&self, name: &str, args: &[String]) -> Flow {
        let has = |word: &str| args.iter().any(|arg| arg == word);
        let ground = self.ground;
        let known = match name {
            "rev-parse" if has("--show-toplevel") => Some(ground.root.clone()),
            "rev-parse" if has("--git-common-dir") => Some(ground.common_dir.clone()),
            "rev-parse" if has("--git-dir") || has("--absolute-git-dir") => {
                Some(ground.git_dir.clone())
            }
            "rev-parse" if has("--git-path") => args
                .last()
                .map(|path| format!("{}/{path}", ground.common_dir)),
            "rev-parse" if has("--abbrev-ref") && has("HEAD") => ground.branch.clone(),
            "branch" if has("--show-current") => ground.branch.clone(),
            "symbolic-ref" if has("--short") => ground.branch.clone(),
            "ls-files" => {
                let paths = operands(args, &["-x", "-X"]);
                (!paths.is_empty()).then(|| paths.join("\n"))
            }
            _ => None,
        };
        known.map_or(Flow::Unknown, |text| Flow::Text(text + "\n"))
    }
}

/// True if an argument is `--no-verify`, which git takes shortened too.
fn no_verify(args: &[String]) -> bool {
    let args = args.iter().take_while(|arg| *arg != "--");
    args.into_iter().any(|arg| is_no_verify(arg))
}

fn is_no_verify(arg: &str) -> bool {
    arg.len() >= "--no-veri".len() && "--no-verify".starts_with(arg)
}

/// True if `git commit` has `-n` or `--no-verify` among these arguments.
fn leaves_hooks_out_of_commit(args: &[String]) -> bool {
    let valued = [
        "--message",
        "--file",
        "--author",
        "--date",
        "--template",
        "--cleanup",
        "--fixup",
        "--squash",
        "--reuse-message",
        "--reedit-message",
        "--trailer",
        "--pathspec-from-file",
    ];
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        at += 1;
        if arg == "--" {
            return false;
        }
        if is_no_verify(arg) {
            return true;
        }
        if arg.starts_with("--") {
            at += usize::from(valued.contains(&arg.as_str()));
            continue;
        }
        if !arg.starts_with('-') {
            continue;
        }
        for (letter, rest) in letters(arg) {
            match letter {
                'n' => return true,
                'm' | 'F' | 'C' | 'c' | 't' => {
                    at += usize::from(rest.is_empty());
                    break;
                }
                'S' | 'u' | 'U' => break,
                _ => {}
            }
        }
    }
    false
}
