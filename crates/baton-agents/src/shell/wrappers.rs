//! Commands that run other commands: wrappers, shells, runners of packages, and what reads commands from its input.

use super::arguments::{after_options, assignment};
use super::{Flow, MAX_ROUNDS, Shell, find};
use crate::Refusal;
use crate::path::{self, UNKNOWN};

const SHELLS: [&str; 8] = ["sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "rbash"];

/// A command that runs another: its name, its options that take a value, and how many operands come before the other command.
const WRAPPERS: [(&str, &[&str], usize); 30] = [
    ("command", &[], 0),
    ("builtin", &[], 0),
    ("exec", &["-a"], 0),
    ("nohup", &[], 0),
    ("time", &["-f", "-o"], 0),
    ("gtime", &["-f", "-o"], 0),
    ("setsid", &[], 0),
    ("nice", &["-n"], 0),
    ("ionice", &["-c", "-n"], 0),
    ("chrt", &[], 1),
    ("taskset", &[], 1),
    ("stdbuf", &["-i", "-o", "-e"], 0),
    ("timeout", &["-s", "-k"], 1),
    ("gtimeout", &["-s", "-k"], 1),
    (
        "sudo",
        &["-u", "-g", "-h", "-p", "-C", "-D", "-r", "-t", "-U", "-T"],
        0,
    ),
    ("doas", &["-u", "-C"], 0),
    ("busybox", &[], 0),
    ("chronic", &[], 0),
    ("unbuffer", &[], 0),
    ("caffeinate", &["-t", "-w"], 0),
    ("watch", &["-n", "-d"], 0),
    ("strace", &["-o", "-e", "-p", "-s"], 0),
    ("flock", &["-w", "-E"], 1),
    ("npx", &["-p", "--package"], 0),
    ("bunx", &[], 0),
    ("pnpx", &[], 0),
    ("uvx", &["--from", "--with", "-p", "--python"], 0),
    ("xvfb-run", &["-n", "-s"], 0),
    ("firejail", &[], 0),
    ("fakeroot", &["-l", "-s"], 0),
];

/// Programs that run another by a word of their own.
const RUNNERS: [(&str, &str); 8] = [
    ("uv", "run"),
    ("poetry", "run"),
    ("pipenv", "run"),
    ("bundle", "exec"),
    ("pnpm", "exec"),
    ("npm", "exec"),
    ("yarn", "exec"),
    ("pipx", "run"),
];

impl Shell<'_> {
    /// Follows the command that this one runs; `None` where it runs none.
    pub(super) fn wrapper(&mut self, name: &str, args: &[String], input: &Flow) -> Option<Flow> {
        if let Some((_, valued, operands)) = WRAPPERS.iter().find(|(one, ..)| *one == name) {
            // What it runs is a program, whatever functions are named so.
            let functions = std::mem::take(&mut self.functions);
            let flow = self.wrapped(name, args, valued, *operands, input);
            self.functions = functions;
            return Some(flow);
        }
        if SHELLS.contains(&name) {
            return Some(self.shell_program(args, input));
        }
        if let Some((_, word)) = RUNNERS.iter().find(|(one, _)| *one == name)
            && args.first().is_some_and(|arg| arg == word)
        {
            let at = 1 + after_options(&args[1..], &["--with", "--extra", "-p", "--python"]);
            return Some(self.run(&args[at..], &[], input));
        }
        Some(match name {
            "env" => self.env(args, input),
            "su" | "script" => {
                if let Some(at) = args.iter().position(|arg| arg == "-c") {
                    let text = args.get(at + 1).cloned().unwrap_or_default();
                    return Some(self.apart(|shell| shell.script(&text, input)));
                }
                if name == "su" {
                    self.opens_shell(input);
                }
                Flow::Text(String::new())
            }
            "xargs" | "parallel" => {
                self.xargs(name, args, input);
                Flow::Text(String::new())
            }
            _ => return None,
        })
    }

    fn wrapped(
        &mut self,
        name: &str,
        args: &[String],
        valued: &[&str],
        operands: usize,
        input: &Flow,
    ) -> Flow {
        let at = after_options(args, valued);
        let options = &args[..at.min(args.len())];
        if name == "command" && options.iter().any(|one| one == "-v" || one == "-V") {
            return Flow::Unknown;
        }
        let mut rest = args.get(at + operands..).unwrap_or_default();
        let mut assigned = Vec::new();
        while let Some((key, value)) = rest.first().and_then(|one| assignment(one)) {
            assigned.push((key.to_owned(), value.to_owned()));
            rest = &rest[1..];
        }
        if let [flag, text, ..] = rest
            && flag == "-c"
        {
            return self.script(&text.clone(), input);
        }
        if rest.is_empty() {
            let opens = ["sudo", "doas"].contains(&name)
                && options.iter().any(|one| one == "-s" || one == "-i");
            if opens {
                self.opens_shell(input);
            }
            return Flow::Unknown;
        }
        if name == "watch" {
            return self.script(&rest.join(" "), input);
        }
        self.run(rest, &assigned, input)
    }

    fn env(&mut self, args: &[String], input: &Flow) -> Flow {
        let mut at = 0;
        let mut assigned = Vec::new();
        let before = self.cwd.clone();
        while let Some(arg) = args.get(at) {
            match arg.as_str() {
                "-u" | "--unset" => at += 1,
                "-C" | "--chdir" => {
                    self.cwd = path::join(&self.cwd, args.get(at + 1).map_or("", |dir| dir));
                    at += 1;
                }
                "-S" | "--split-string" => {
                    return self.script(&args[at + 1..].join(" "), input);
                }
                arg if arg.starts_with("-S") => {
                    return self.script(
                        &format!("{} {}", &arg[2..], args[at + 1..].join(" ")),
                        input,
                    );
                }
                "--" => {}
                arg => match assignment(arg) {
                    Some((key, value)) => assigned.push((key.to_owned(), value.to_owned())),
                    None if arg.starts_with('-') => {}
                    None => break,
                },
            }
            at += 1;
        }
        let flow = match args.get(at..) {
            Some(rest) if !rest.is_empty() => self.run(rest, &assigned, input),
            _ => Flow::Unknown,
        };
        self.cwd = before;
        flow
    }

    fn shell_program(&mut self, args: &[String], input: &Flow) -> Flow {
        let mut has_code = false;
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            let is_option = arg.len() > 1 && arg.starts_with(['-', '+']);
            if ["--version", "--help", "-n"].contains(&arg.as_str()) {
                return Flow::Unknown;
            }
            if !is_option || arg == "--" {
                at += usize::from(arg == "--");
                break;
            }
            has_code |= arg.contains('c') && !arg.starts_with("--");
            let takes = ["-o", "+o", "-O", "+O", "--rcfile", "--init-file"];
            at += 1 + usize::from(
                takes.contains(&arg.as_str()) || arg.ends_with("o") && !arg.starts_with("--"),
            );
        }
        let rest = args.get(at..).unwrap_or_default();
        match (has_code, rest) {
            (true, [code, rest @ ..]) => {
                let code = code.clone();
                let args = rest.iter().skip(1).cloned().collect();
                self.apart(|shell| {
                    shell.args = args;
                    shell.script(&code, input)
                })
            }
            (false, [file, rest @ ..]) if file != "/dev/stdin" && file != "-" => {
                let Some(text) = self.written.get(&self.absolute(file)).cloned() else {
                    return Flow::Unknown;
                };
                let args = rest.to_vec();
                self.apart(|shell| {
                    shell.args = args;
                    shell.script(&text, input)
                })
            }
            _ => match input {
                Flow::Text(text) => {
                    let text = text.clone();
                    self.apart(|shell| shell.script(&text, &Flow::Unknown))
                }
                _ => {
                    self.opens_shell(input);
                    Flow::Unknown
                }
            },
        }
    }

    /// Refuses a shell that waits for what is typed where that is no event.
    fn opens_shell(&mut self, input: &Flow) {
        if self.unseen_input && *input == Flow::None {
            self.refuse(Some(Refusal::new(
                "the command opens a shell, and what is typed into it would not be checked",
                "give each command on its own, or a whole script to `bash -c`",
            )));
        }
    }

    fn xargs(&mut self, name: &str, args: &[String], input: &Flow) {
        let valued = ["-I", "-n", "-P", "-L", "-d", "-s", "-E", "-a", "-j", "-J"];
        let at = after_options(args, &valued);
        let (options, words) = args.split_at(at);
        let own = words.iter().position(|word| word == ":::");
        let (words, items) = match own {
            Some(at) => (&words[..at], words[at + 1..].to_vec()),
            None => (words, self.items(input)),
        };
        if words.is_empty() {
            return;
        }
        let mark = options.iter().enumerate().find_map(|(at, one)| {
            let joined = one.strip_prefix("-I").filter(|mark| !mark.is_empty());
            let apart = (one == "-I").then(|| options.get(at + 1)).flatten();
            joined.or(apart.map(String::as_str))
        });
        let mark = mark.or_else(|| words.iter().any(|word| word.contains("{}")).then_some("{}"));
        let Some(mark) = mark else {
            let all: Vec<_> = words.iter().cloned().chain(items).collect();
            self.apart(|shell| shell.run(&all, &[], &Flow::Unknown));
            return;
        };
        for item in items.iter().take(MAX_ROUNDS) {
            let words: Vec<_> = words.iter().map(|word| word.replace(mark, item)).collect();
            self.apart(|shell| match words.as_slice() {
                // `parallel` takes a line of shell in one word.
                [line] if name == "parallel" => shell.script(line, &Flow::Unknown),
                words => shell.run(words, &[], &Flow::Unknown),
            });
        }
    }

    fn items(&self, input: &Flow) -> Vec<String> {
        match input {
            Flow::Text(text) => text
                .split(|one: char| one.is_whitespace() || one == '\0')
                .filter(|item| !item.is_empty())
                .map(|item| item.trim_matches(['"', '\'']).to_owned())
                .collect(),
            Flow::Found(args) => find::candidates(self, args),
            _ => vec![UNKNOWN.to_string()],
        }
    }
}
