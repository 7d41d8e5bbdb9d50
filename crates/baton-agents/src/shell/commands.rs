//! The commands of a shell: those that set what the shell knows, and the way to all others.

use super::arguments::{after_options, assignment};
use super::{Flow, Shell, inline, targets};
use crate::path::{self, UNKNOWN};

/// The name of the program at a path.
pub(super) fn program(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".exe").unwrap_or(name)
}

impl Shell<'_> {
    /// Follows a command whose words are expanded.
    pub(super) fn run(
        &mut self,
        words: &[String],
        assigned: &[(String, String)],
        input: &Flow,
    ) -> Flow {
        self.steps += 1;
        let Some((first, args)) = words.split_first() else {
            return Flow::Unknown;
        };
        if self.is_over() {
            return Flow::Unknown;
        }
        self.sets_for_git(assigned);
        if let Some(body) = self.functions.get(first).cloned() {
            return self.call(&body, args, input);
        }
        let name = program(first);
        if let Some(flow) = self.wrapper(name, args, input) {
            return flow;
        }
        match name {
            "cd" | "pushd" | "popd" => self.change_directory(name, args),
            "export" | "declare" | "local" | "readonly" | "typeset" => self.declare(args),
            "set" => {
                if let Some(at) = args.iter().position(|arg| arg == "--") {
                    self.args = args[at + 1..].to_vec();
                }
            }
            "unset" => args.iter().for_each(|arg| drop(self.variables.remove(arg))),
            "eval" => return self.script(&args.join(" "), input),
            "source" | "." => {
                let text = match (args.first().map(String::as_str), input) {
                    (Some("/dev/stdin"), Flow::Text(text)) => Some(text.clone()),
                    (path, _) => {
                        path.and_then(|path| self.written.get(&self.absolute(path)).cloned())
                    }
                };
                return text.map_or(Flow::Unknown, |text| self.script(&text, input));
            }
            "trap" => {
                let action = args.first().cloned().unwrap_or_default();
                self.apart(|shell| shell.script(&action, &Flow::Unknown));
            }
            "read" => self.read(args, input),
            "mapfile" | "readarray" => self.read_lines(args, input),
            "find" => return self.find(args),
            "git" => return self.git(args, assigned, input),
            "git-baton" => self.baton(args),
            // Git's commands as programs, as they lie in its own directory.
            name if name.starts_with("git-") && self.own_script(first).is_none() => {
                let command = name.trim_start_matches("git-").to_owned();
                let words: Vec<_> = [command].into_iter().chain(args.iter().cloned()).collect();
                return self.git(&words, assigned, input);
            }
            _ => {
                if let Some(text) = self.own_script(first) {
                    let args = args.to_vec();
                    return self.apart(|shell| {
                        shell.args = args;
                        shell.script(&text, input)
                    });
                }
                targets::judge(self, name, args, input);
                inline::judge(self, name, args, input);
                return self.output(name, args, input);
            }
        }
        Flow::Text(String::new())
    }

    /// The text of a script that the command has written before, where it is one of a shell.
    fn own_script(&self, path: &str) -> Option<String> {
        let text = self
            .written
            .get(&self.absolute(path))
            .filter(|_| path.contains('/'))?;
        let first = text.lines().next().unwrap_or_default();
        (!first.starts_with("#!") || first.ends_with("sh")).then(|| text.clone())
    }

    fn call(
        &mut self,
        body: &brush_parser::ast::FunctionBody,
        args: &[String],
        input: &Flow,
    ) -> Flow {
        if self.depth > super::MAX_DEPTH {
            return Flow::Unknown;
        }
        self.depth += 1;
        let before = std::mem::replace(&mut self.args, args.to_vec());
        let io = self.redirects(body.1.iter().flat_map(|list| &list.0));
        let flow = self.compound(&body.0, input);
        self.args = before;
        self.depth -= 1;
        self.keep_output(&io, flow)
    }

    fn change_directory(&mut self, name: &str, args: &[String]) {
        let operand = args.iter().find(|arg| !arg.starts_with('-') || *arg == "-");
        let to = match (name, operand.map(String::as_str)) {
            ("popd", _) => self.directories.pop(),
            (_, Some("-")) => self.directories.pop(),
            (_, Some(path)) => Some(self.absolute(path)),
            (_, None) => self.ground.home.clone(),
        };
        if name != "popd" {
            self.directories.push(self.cwd.clone());
        }
        let to = to.unwrap_or_else(|| UNKNOWN.to_string());
        self.cwd = match to.contains([path::ANY, path::ONE]) {
            true => self.present(&to).remove(0),
            false => to,
        };
    }

    fn declare(&mut self, args: &[String]) {
        for arg in args {
            let pair = match assignment(arg) {
                Some((name, value)) => (name.to_owned(), value.to_owned()),
                None => match self.variables.get(arg) {
                    Some(value) => (arg.clone(), value.clone()),
                    None => continue,
                },
            };
            self.sets_for_git(std::slice::from_ref(&pair));
            self.variables.insert(pair.0, pair.1);
        }
    }

    fn read_lines(&mut self, args: &[String], input: &Flow) {
        let at = after_options(args, &["-d", "-n", "-O", "-s", "-u", "-C", "-c"]);
        let lines = match input {
            Flow::Text(text) => text.lines().collect::<Vec<_>>().join(" "),
            _ => UNKNOWN.to_string(),
        };
        let name = args.get(at).map_or("MAPFILE", |name| name);
        self.variables.insert(name.to_owned(), lines);
    }

    fn read(&mut self, args: &[String], input: &Flow) {
        let valued = ["-d", "-p", "-t", "-n", "-N", "-u", "-a", "-i"];
        let names = &args[after_options(args, &valued)..];
        let text = match input {
            Flow::Text(text) => text.lines().next().unwrap_or_default().to_owned(),
            _ => UNKNOWN.to_string(),
        };
        let mut words = text.split_whitespace();
        for (at, name) in names.iter().enumerate() {
            let value = match at + 1 == names.len() {
                true => words.by_ref().collect::<Vec<_>>().join(" "),
                false => words.next().unwrap_or_default().to_owned(),
            };
            self.variables.insert(name.clone(), value);
        }
    }
}
