//! Code that is handed to an interpreter, and commands that no parser reads: refused where a protected path stands in them
//! beside something that writes.

use super::arguments::{after_options, letters, operands, values};
use super::{Flow, Shell};
use crate::Refusal;
use crate::path::{How, UNKNOWN};

/// The number of words of code that are taken for paths.
const MAX_TOKENS: usize = 600;

/// The words that write, in the languages of interpreters.
const WRITING: [&str; 43] = [
    "write",
    "unlink",
    "remove(",
    "rename",
    "replace(",
    "rmtree",
    "rmdir",
    "truncate",
    "copy",
    "move",
    "symlink",
    "touch",
    "delete",
    "put_contents",
    "rmsync",
    "chmod",
    "system",
    "exec",
    "spawn",
    "popen",
    "subprocess",
    "'w",
    "\"w",
    "'a'",
    "\"a\"",
    "'ab'",
    "'a+",
    "\"a+",
    "\"ab\"",
    "'r+",
    "\"r+",
    "'x'",
    "\"x\"",
    ">'",
    ">\"",
    "> '",
    "> \"",
    "'>",
    "\">",
    "inplace",
    "edit_file",
    "fileinput",
    "w! ",
];

/// The words that write, in a shell.
const SHELL_WRITING: [&str; 16] = [
    ">", "rm ", "mv ", "cp ", "tee ", "-i", "ln ", "truncate", "dd ", "patch", "install ",
    "rsync ", "unlink", "touch ", "shred", "write",
];

/// Refuses code that would write a protected path.
pub(super) fn judge(shell: &mut Shell, name: &str, args: &[String], input: &Flow) {
    let (code, files) = match code(shell, name, args, input) {
        Some(found) => found,
        None => return,
    };
    for path in files {
        shell.writes(&path, How::Write);
    }
    let folded = code.to_lowercase();
    let spoken = ["stdout.write", "stderr.write", "stdout.buffer.write"]
        .iter()
        .fold(folded, |text, one| text.replace(one, ""));
    let runs = [
        "system",
        "exec",
        "spawn",
        "popen",
        "subprocess",
        "`",
        "run(",
    ];
    if runs.iter().any(|one| spoken.contains(one)) {
        shell.refuse(leaves_hooks_out(&spoken));
    }
    if WRITING.iter().any(|one| spoken.contains(one)) {
        shell.refuse(names_protected(shell, &code));
    }
}

impl Shell<'_> {
    /// Judges a command that cannot be parsed.
    pub(super) fn unparsed(&mut self, text: &str) {
        self.refuse(leaves_hooks_out(&text.to_lowercase()));
        if SHELL_WRITING.iter().any(|one| text.contains(one)) {
            let refusal = names_protected(self, text);
            self.refuse(refusal.map(|refusal| {
                let help = "write it in simpler commands; reading the file is allowed";
                Refusal::new(
                    format!("the command cannot be read, and {}", refusal.message),
                    help,
                )
            }));
        }
    }
}

fn leaves_hooks_out(text: &str) -> Option<Refusal> {
    let has_git = text.contains("git");
    let leaves = ["--no-verify", "core.hookspath", "core.hookspath="];
    (has_git && leaves.iter().any(|one| text.contains(one))).then(super::git::without_hooks)
}

/// Why a path that stands in the code may not be written.
fn names_protected(shell: &Shell, code: &str) -> Option<Refusal> {
    let divides = |one: char| one.is_whitespace() || "'\"`()<>,;|&=+{}[]".contains(one);
    let is_path =
        |token: &&str| token.len() > 2 && token.contains(['.', '/']) && !token.contains(UNKNOWN);
    for token in code.split(divides).filter(is_path).take(MAX_TOKENS) {
        let path = shell.absolute(token.strip_prefix("file://").unwrap_or(token));
        let refusal = shell
            .ground
            .refuses(&path, How::Write)
            .or_else(|| in_parts(shell, code, token));
        if refusal.is_some() && !is_read(code, token) {
            return refusal;
        }
    }
    None
}

/// True if the token stands nowhere but where it is read or copied from.
fn is_read(code: &str, token: &str) -> bool {
    const READING: [&str; 12] = [
        "copy(",
        "copy2(",
        "copyfile(",
        "copyFileSync(",
        "copyfilesync(",
        "copytree(",
        "readFileSync(",
        "readFile(",
        "readTextFile(",
        "readTextFileSync(",
        "File.read(",
        "file_get_contents(",
    ];
    code.match_indices(token).all(|(at, _)| {
        let before = code[..at].trim_end_matches(['\'', '"']).trim_end();
        let after = &code[at + token.len()..];
        let opened = before.ends_with("open(") && is_opened_to_read(after);
        let is_path = before.ends_with("Path(");
        let read = is_path && after.trim_start_matches(['\'', '"']).starts_with(").read_");
        opened || read || READING.iter().any(|one| before.ends_with(one))
    })
}

/// True if what follows the name of a file in Python's `open` has it only read.
fn is_opened_to_read(after: &str) -> bool {
    let Some(rest) = after.strip_prefix(['\'', '"']) else {
        return false;
    };
    let mode = rest.strip_prefix(',').map(str::trim_start);
    let mode = mode.map(|mode| mode.trim_start_matches("mode="));
    match mode {
        None => rest.starts_with(')'),
        Some(mode) => ["'r'", "\"r\"", "'rb'", "\"rb\""]
            .iter()
            .any(|one| mode.starts_with(one)),
    }
}

/// A name that is protected in a directory which the code names elsewhere.
fn in_parts(shell: &Shell, code: &str, token: &str) -> Option<Refusal> {
    let policy = shell.ground.policy?;
    let handoff = policy.handoff.path.to_string();
    let (directory, name) = handoff.rsplit_once('/')?;
    let has_directory = ['\'', '"', '/']
        .iter()
        .any(|quote| code.contains(&format!("{quote}{directory}")));
    (token == name && has_directory)
        .then(|| shell.ground.refuses_inside(&handoff, How::Write))
        .flatten()
}

/// The code that an interpreter is given, with its operands, and the files that it changes in place.
fn code(shell: &Shell, name: &str, args: &[String], input: &Flow) -> Option<(String, Vec<String>)> {
    let base = name.trim_end_matches(|one: char| one.is_ascii_digit() || one == '.');
    let of_options = |options: &[&str]| {
        let code = values(args, options);
        (!code.is_empty()).then(|| code.join("\n") + "\n" + &args.join(" "))
    };
    let from_input = |valued: &[&str]| {
        let at = after_options(args, valued);
        match args.get(at).map(String::as_str) {
            None | Some("-" | "/dev/stdin") => match input {
                Flow::Text(text) => Some(text.clone() + "\n" + &args.join(" ")),
                _ => None,
            },
            Some(file) => shell.written.get(&shell.absolute(file)).cloned(),
        }
    };
    let code =
        match base {
            "python" | "pypy" => of_options(&["-c"]).or_else(|| from_input(&["-m", "-W", "-X"])),
            "node" | "nodejs" | "bun" | "tsx" | "ts-node" => {
                of_options(&["-e", "--eval", "-p", "--print", "-pe"])
                    .or_else(|| from_input(&["-r", "--import"]))
            }
            "deno" => (args.first().is_some_and(|arg| arg == "eval")).then(|| args.join(" ")),
            "perl" | "ruby" => return Some(perl(args, from_input(&["-I", "-M"]))),
            "php" => of_options(&["-r"]).or_else(|| from_input(&["-d"])),
            "lua" | "luajit" | "osascript" | "Rscript" | "julia" | "elixir" | "groovy" => {
                of_options(&["-e"]).or_else(|| from_input(&[]))
            }
            "pwsh" | "powershell" => of_options(&["-c", "-C", "-Command", "-command"]),
            "tclsh" | "expect" | "guile" => of_options(&["-c"]).or_else(|| from_input(&[])),
            "awk" | "gawk" | "mawk" | "nawk" => operands(args, &["-F", "-v", "-f", "-i"])
                .first()
                .map(
                    |code| match ["FILENAME", "ARGV"].iter().any(|one| code.contains(one)) {
                        true => code.clone() + "\n" + &args.join(" "),
                        false => code.clone(),
                    },
                ),
            "vim" | "vi" | "nvim" | "emacs" => of_options(&["-c", "--eval", "--cmd"]),
            _ => None,
        };
    code.map(|code| (code, Vec::new()))
}

/// The options of perl and ruby, which may stand in one word: `-pi.bak -e CODE`.
fn perl(args: &[String], from_input: Option<String>) -> (String, Vec<String>) {
    let mut in_place = false;
    let mut codes = Vec::new();
    let mut operands = Vec::new();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        at += 1;
        if arg == "--" {
            operands.extend(args[at..].iter().cloned());
            break;
        }
        if arg.len() < 2 || !arg.starts_with('-') {
            operands.push(arg.clone());
            continue;
        }
        for (one, rest) in letters(arg) {
            match one {
                'i' => {
                    in_place = true;
                    break;
                }
                'e' | 'E' => {
                    match rest {
                        "" => {
                            codes.extend(args.get(at).cloned());
                            at += 1;
                        }
                        rest => codes.push(rest.to_owned()),
                    }
                    break;
                }
                'I' | 'M' | 'm' | 'r' | 'F' | 'x' | 'C' => break,
                _ => {}
            }
        }
    }
    let code = match codes.is_empty() {
        true => from_input.unwrap_or_default(),
        false => codes.join("\n") + "\n" + &operands.join(" "),
    };
    (code, if in_place { operands } else { Vec::new() })
}
