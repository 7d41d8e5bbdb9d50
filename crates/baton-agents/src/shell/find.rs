//! `find`: whether what it finds may be a protected file.

use super::{Flow, Shell};
use crate::path::{self, ANY, How, ONE, UNKNOWN};
use baton_core::policy::POLICY_PATH;

/// A condition that a file must meet to be found.
struct Condition {
    negated: bool,
    /// True if the pattern is for the whole path.
    whole: bool,
    ignores_case: bool,
    pattern: String,
}

/// The arguments of `find`, as far as they matter.
#[derive(Default)]
struct Search {
    starts: Vec<String>,
    conditions: Vec<Condition>,
    /// True if one condition of several is enough.
    any: bool,
    /// True if something else than names decides.
    filtered: bool,
    only_directories: bool,
    max_depth: Option<usize>,
    deletes: bool,
    commands: Vec<Vec<String>>,
    outputs: Vec<String>,
}

impl Shell<'_> {
    pub(super) fn find(&mut self, args: &[String]) -> Flow {
        let search = Search::read(args);
        for path in &search.outputs {
            self.writes(path, How::Write);
        }
        let found = search.candidates(self);
        if search.deletes {
            found.iter().for_each(|path| self.writes(path, How::Tree));
        }
        for command in &search.commands {
            let mut items = found.clone();
            items.push(UNKNOWN.to_string());
            for item in items {
                let words: Vec<_> = command
                    .iter()
                    .map(|word| word.replace("{}", &item))
                    .collect();
                self.apart(|shell| shell.run(&words, &[], &Flow::Unknown));
            }
        }
        Flow::Found(args.to_vec())
    }
}

/// The protected files that `find` with these arguments may find.
pub(super) fn candidates(shell: &Shell, args: &[String]) -> Vec<String> {
    Search::read(args).candidates(shell)
}

impl Search {
    fn read(args: &[String]) -> Self {
        let mut search = Self::default();
        let mut at = 0;
        let mut negated = false;
        while let Some(arg) = args.get(at) {
            at += 1;
            let value = args.get(at).cloned();
            match arg.as_str() {
                "!" | "-not" => {
                    negated = !negated;
                    continue;
                }
                "-name" | "-iname" | "-path" | "-ipath" | "-wholename" | "-iwholename" => {
                    at += 1;
                    let option = arg.trim_start_matches('-');
                    search.conditions.push(Condition {
                        negated,
                        whole: option.contains("path") || option.contains("whole"),
                        ignores_case: option.starts_with('i'),
                        pattern: marked(&value.unwrap_or_default()),
                    });
                }
                "-o" | "-or" => search.any = true,
                "-prune" => {
                    if let Some(last) = search.conditions.last_mut() {
                        last.negated = true;
                    }
                }
                "-type" => {
                    at += 1;
                    search.only_directories = !negated && value.as_deref() == Some("d");
                }
                "-maxdepth" => {
                    at += 1;
                    search.max_depth = value.and_then(|value| value.parse().ok());
                }
                "-mindepth" | "-regextype" => at += 1,
                "-delete" => search.deletes = true,
                "-fprint" | "-fls" | "-fprint0" | "-fprintf" => {
                    at += 1;
                    search.outputs.extend(value);
                }
                "-exec" | "-execdir" | "-ok" | "-okdir" => {
                    let rest = &args[at..];
                    let end = rest.iter().position(|arg| arg == ";" || arg == "+");
                    let end = end.unwrap_or(rest.len());
                    search.commands.push(rest[..end].to_vec());
                    at += end + 1;
                }
                "-H" | "-L" | "-P" | "(" | ")" | "-a" | "-and" | "-print" | "-print0"
                | "-depth" | "-xdev" | "-follow" => {}
                option if option.starts_with('-') => search.filtered = true,
                start if search.conditions.is_empty() && !search.filtered => {
                    search.starts.push(start.to_owned());
                }
                _ => {}
            }
            negated = false;
        }
        if search.starts.is_empty() {
            search.starts.push(".".to_owned());
        }
        search
    }

    fn candidates(&self, shell: &Shell) -> Vec<String> {
        if self.only_directories || self.filtered && self.conditions.is_empty() {
            return Vec::new();
        }
        let mut files = vec![".git/config".to_owned(), ".git/hooks/pre-commit".to_owned()];
        if let Some(policy) = shell.ground.policy {
            files.push(policy.handoff.path.to_string());
            files.push(POLICY_PATH.to_owned());
            files.push(policy.signing.allowed_signers.to_string());
            let globs = policy.protected.iter().flat_map(|entry| &entry.paths);
            let single = globs.filter(|glob| glob.is_one_path());
            files.extend(single.map(|glob| glob.as_str().to_owned()));
        }
        let mut found = Vec::new();
        for start in self.starts.iter().flat_map(|start| shell.present(start)) {
            let place = shell.absolute(&start);
            for file in &files {
                let file = format!("{}/{file}", shell.ground.root);
                let Some(inside) = path::below(&file, &place) else {
                    continue;
                };
                let seen = match inside {
                    "" => start.clone(),
                    inside => format!("{}/{inside}", start.trim_end_matches('/')),
                };
                let depth = inside.split('/').count();
                if self.max_depth.is_none_or(|most| depth <= most) && self.accepts(&seen) {
                    found.push(seen);
                }
            }
        }
        found
    }

    fn accepts(&self, seen: &str) -> bool {
        let is = |condition: &&Condition| condition.matches(seen);
        let (negated, wanted): (Vec<_>, Vec<_>) = self
            .conditions
            .iter()
            .partition(|condition| condition.negated);
        let excluded = negated.iter().any(is);
        !excluded
            && match self.any && !wanted.is_empty() {
                true => wanted.iter().any(is),
                false => wanted.iter().all(is),
            }
    }
}

impl Condition {
    fn matches(&self, seen: &str) -> bool {
        let text = match self.whole {
            true => seen,
            false => seen.rsplit('/').next().unwrap_or(seen),
        };
        let fold = |text: &str| -> Vec<char> {
            match self.ignores_case {
                true => text.to_lowercase().chars().collect(),
                false => text.chars().collect(),
            }
        };
        path::glob(&fold(&self.pattern), &fold(text))
    }
}

/// A pattern whose wildcards were quoted for the shell.
fn marked(pattern: &str) -> String {
    pattern
        .replace('*', &ANY.to_string())
        .replace('?', &ONE.to_string())
}
