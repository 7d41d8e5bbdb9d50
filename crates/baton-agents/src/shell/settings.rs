//! Git's settings and variables that lead it away from a repository's settings and hooks.

use super::arguments::{operands, values};
use super::git::leads_elsewhere;
use super::{Flow, Shell};
use crate::path::{self, UNKNOWN};

/// Variables by which git is told commands of a shell.
const COMMANDS: [&str; 10] = [
    "EDITOR",
    "VISUAL",
    "PAGER",
    "GIT_EDITOR",
    "GIT_SEQUENCE_EDITOR",
    "GIT_PAGER",
    "GIT_SSH_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_ASKPASS",
    "GIT_PROXY_COMMAND",
];

/// Settings of that kind.
const COMMAND_SETTINGS: [&str; 7] = [
    "core.editor",
    "core.pager",
    "core.sshcommand",
    "core.fsmonitor",
    "core.askpass",
    "sequence.editor",
    "diff.external",
];

impl Shell<'_> {
    /// A setting `KEY=VARIABLE` with the value of its variable.
    pub(super) fn with_variable(&self, setting: &str, assigned: &[(String, String)]) -> String {
        let (key, name) = setting.split_once('=').unwrap_or((setting, ""));
        let value = self.variable_for_git(name, assigned).unwrap_or_default();
        format!("{key}={value}")
    }

    fn variable_for_git(&self, name: &str, assigned: &[(String, String)]) -> Option<String> {
        let own = assigned.iter().find(|(one, _)| one == name);
        let value = own.map(|(_, value)| value);
        value.or_else(|| self.variables.get(name)).cloned()
    }

    /// Refuses variables that lead git elsewhere.
    pub(super) fn sets_for_git(&mut self, assigned: &[(String, String)]) {
        for (name, value) in assigned {
            let folded = value.to_lowercase();
            let leads = match name.as_str() {
                "GIT_CONFIG_PARAMETERS" => {
                    folded.contains("core.hookspath") || folded.contains("alias.")
                }
                "GIT_CONFIG_GLOBAL" | "GIT_CONFIG_SYSTEM" | "GIT_CONFIG" => {
                    !value.is_empty()
                        && value != "/dev/null"
                        && !value.contains(UNKNOWN)
                        && !value.starts_with("/tmp/")
                        || value.starts_with("/tmp/")
                            && path::below(&self.cwd, &self.ground.root).is_some()
                            && !value.contains(UNKNOWN)
                }
                "GIT_EXEC_PATH" => !value.is_empty() && !value.contains(UNKNOWN),
                name if name.starts_with("GIT_CONFIG_KEY_") => is_leading(&folded),
                _ => false,
            };
            if leads {
                self.refuse(Some(leads_elsewhere(&format!("the variable {name}"))));
            }
            if let Some(number) = name.strip_prefix("GIT_CONFIG_VALUE_") {
                let key = self.variable_for_git(&format!("GIT_CONFIG_KEY_{number}"), assigned);
                self.sets(&key.unwrap_or_default(), value);
            }
            if name == "GIT_CONFIG_PARAMETERS" {
                for setting in value.replace('\'', "").split(' ') {
                    let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
                    self.sets(key, value);
                }
            }
            if COMMANDS.contains(&name.as_str()) {
                self.apart(|shell| shell.script(value, &Flow::Unknown));
            }
        }
    }

    /// Refuses a setting that leads git elsewhere.
    pub(super) fn sets(&mut self, key: &str, value: &str) {
        let folded = key.to_lowercase();
        if folded.starts_with("alias.") {
            self.alias(value);
        } else if is_leading(&folded) {
            self.refuse(Some(leads_elsewhere("the setting")));
        } else if COMMAND_SETTINGS.contains(&folded.as_str()) {
            self.apart(|shell| shell.script(value, &Flow::Unknown));
        } else {
            self.sets_of_remote(&folded, value);
        }
    }

    /// Refuses a remote's refspecs, in whatever section: it may be renamed to a remote's.
    fn sets_of_remote(&mut self, key: &str, value: &str) {
        let is_off = ["", "false", "no", "off", "0"].contains(&value);
        match key.rsplit('.').next() {
            Some("fetch") => self.fetches(value, false, false),
            Some("push") => self.pushes(value, false),
            Some("mirror") if key.starts_with("remote.") && !is_off => self.moves_shared("main"),
            _ => {}
        }
    }

    /// Follows the command for which an alias stands.
    fn alias(&mut self, value: &str) {
        let command = match value.strip_prefix('!') {
            Some(command) => command.to_owned(),
            None => format!("git {value}"),
        };
        self.apart(|shell| shell.script(&command, &Flow::Unknown));
    }

    /// Judges `git config`.
    pub(super) fn config(&mut self, args: &[String]) {
        let valued = [
            "-f",
            "--file",
            "--blob",
            "--type",
            "--default",
            "--comment",
            "--value",
        ];
        let file = values(args, &["-f", "--file"]);
        let has = |words: &[&str]| args.iter().any(|arg| words.contains(&arg.as_str()));
        let mut operands = operands(args, &valued);
        let verbs = [
            "set",
            "unset",
            "get",
            "list",
            "edit",
            "rename-section",
            "remove-section",
        ];
        let verb = operands
            .first()
            .filter(|one| verbs.contains(&one.as_str()))
            .cloned();
        if verb.is_some() {
            operands.remove(0);
        }
        let reads = [
            "--get",
            "--get-all",
            "--get-regexp",
            "--get-urlmatch",
            "--list",
            "-l",
            "--get-color",
            "--get-colorbool",
        ];
        let verb = verb.unwrap_or_else(|| {
            match () {
                () if has(&reads) => "get",
                () if has(&["--unset", "--unset-all"]) => "unset",
                () if has(&["--remove-section"]) => "remove-section",
                () if has(&["--rename-section"]) => "rename-section",
                () if has(&["--add", "--replace-all"]) || operands.len() > 1 => "set",
                () => "get",
            }
            .to_owned()
        });
        if verb == "get" || verb == "list" {
            return;
        }
        let key = operands.first().cloned().unwrap_or_default();
        match file.first() {
            // Settings of a file that no git reads yet.
            Some(path) => {
                let place = self.absolute(path);
                let own = [&self.ground.git_dir, &self.ground.common_dir];
                let is_own = own.iter().any(|one| path::below(&place, one).is_some());
                let home = self.ground.home.as_deref();
                let of_user =
                    |name: &&str| home.is_some_and(|home| place == format!("{home}/{name}"));
                let is_own = is_own
                    || path::below(&place, &format!("{}/.git", self.ground.root)).is_some()
                    || [".gitconfig", ".config/git/config"].iter().any(of_user);
                if is_own {
                    self.sets(&key, operands.get(1).map_or("", |value| value));
                }
            }
            None => match verb.as_str() {
                "remove-section" | "rename-section" => {
                    let section = key.to_lowercase();
                    if ["core", "include", "alias"].contains(&section.as_str()) {
                        self.refuse(Some(leads_elsewhere("the change of this section")));
                    }
                }
                "unset" if key.to_lowercase().starts_with("alias.") => {}
                _ => self.sets(&key, operands.get(1).map_or("", |value| value)),
            },
        }
    }
}

/// True if a setting leads git away from its settings or hooks.
fn is_leading(key: &str) -> bool {
    key == "core.hookspath" || key == "include.path" || key.starts_with("includeif.")
}
