//! The output of small commands.

use super::arguments::after_options;
use super::{Flow, Shell};
use crate::path::UNKNOWN;

impl Shell<'_> {
    pub(super) fn output(&mut self, name: &str, args: &[String], input: &Flow) -> Flow {
        let known = match name {
            "echo" => Some(echo(args)),
            "printf" => printf(&args[after_options(args, &["-v"])..]),
            "pwd" => Some(format!("{}\n", self.cwd)),
            "mktemp" => Some(format!("/tmp/{UNKNOWN}\n")),
            "dirname" => args.last().map(|path| {
                let (directory, _) = path.rsplit_once('/').unwrap_or((".", ""));
                format!("{directory}\n")
            }),
            "basename" => args.first().map(|path| {
                let name = path.rsplit('/').next().unwrap_or_default();
                let end = args.get(1).map_or("", |end| end);
                format!("{}\n", name.strip_suffix(end).unwrap_or(name))
            }),
            "realpath" | "readlink" => args.last().map(|path| format!("{}\n", self.absolute(path))),
            "true" | ":" | "false" | "[" | "test" | "mkdir" | "rm" | "touch" | "sleep"
            | "chmod" => Some(String::new()),
            "tee" => return input.clone(),
            "cat" => return self.cat(args, input),
            "ls" => Some(self.ls(args)),
            _ => None,
        };
        known.map_or(Flow::Unknown, Flow::Text)
    }

    fn cat(&mut self, args: &[String], input: &Flow) -> Flow {
        let files: Vec<_> = args
            .iter()
            .filter(|arg| !arg.starts_with('-') || *arg == "-")
            .collect();
        match files.as_slice() {
            [] => input.clone(),
            [one] if *one == "-" => input.clone(),
            files => {
                let texts = files
                    .iter()
                    .map(|file| self.written.get(&self.absolute(file)).cloned());
                let whole: Option<Vec<_>> = texts.collect();
                whole.map_or(Flow::Unknown, |texts| Flow::Text(texts.concat()))
            }
        }
    }

    fn ls(&self, args: &[String]) -> String {
        let names = args.iter().filter(|arg| !arg.starts_with('-'));
        let names = names.flat_map(|name| self.present(name));
        names.map(|name| name + "\n").collect()
    }
}

fn echo(args: &[String]) -> String {
    let options = args
        .iter()
        .take_while(|arg| ["-n", "-e", "-E", "-ne", "-en"].contains(&arg.as_str()));
    let (count, escapes) = options.fold((0, false), |(count, escapes), one| {
        (count + 1, escapes || one.contains('e'))
    });
    let text = args[count..].join(" ") + "\n";
    match escapes {
        true => unescape(&text),
        false => text,
    }
}

fn printf(args: &[String]) -> Option<String> {
    let (format, mut values) = args.split_first()?;
    let format = unescape(format);
    let mut printed = String::new();
    loop {
        let before = values.len();
        let mut chars = format.chars();
        while let Some(one) = chars.next() {
            if one != '%' {
                printed.push(one);
                continue;
            }
            let kind = chars
                .by_ref()
                .find(|one| one.is_alphabetic() || *one == '%');
            match kind {
                Some('%') | None => printed.push('%'),
                Some(kind) => {
                    let (value, rest) = values
                        .split_first()
                        .map_or(("", values), |(one, rest)| (one, rest));
                    match kind {
                        'b' => printed.push_str(&unescape(value)),
                        _ => printed.push_str(value),
                    }
                    values = rest;
                }
            }
        }
        if values.is_empty() || values.len() == before {
            return Some(printed);
        }
    }
}

/// A text with the escapes of `printf`.
fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars().peekable();
    while let Some(one) = chars.next() {
        if one != '\\' {
            plain.push(one);
            continue;
        }
        let mut digits = |radix: u32, most: usize| {
            let mut value = 0;
            for _ in 0..most {
                let Some(digit) = chars.peek().and_then(|next| next.to_digit(radix)) else {
                    break;
                };
                value = value * radix + digit;
                chars.next();
            }
            char::from_u32(value).unwrap_or(UNKNOWN)
        };
        let octal = digits(8, 4);
        if octal != '\0' {
            plain.push(octal);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('x') => {
                let pair: String = chars.by_ref().take(2).collect();
                let code = u32::from_str_radix(&pair, 16).ok().and_then(char::from_u32);
                plain.push(code.unwrap_or(UNKNOWN));
            }
            Some('\\') => plain.push('\\'),
            Some(other) => {
                plain.push('\\');
                plain.push(other);
            }
            None => plain.push('\\'),
        }
    }
    plain
}
