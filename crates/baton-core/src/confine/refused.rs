//! The path that a command was refused, as a line that it prints names it.

/// The words by which programs tell that the system refused a path, in small letters.
const REFUSALS: [&str; 3] = ["permission denied", "eacces", "read-only file system"];

/// The quotation marks that programs put around a path.
const QUOTES: [(char, char); 4] = [('\'', '\''), ('"', '"'), ('`', '`'), ('‘', '’')];

/// A path in a line, and where it begins.
struct Found<'a> {
    at: usize,
    path: &'a str,
    is_quoted: bool,
}

/// The absolute path of which a line says that the system refused it; `None` where it says that of none. The line names more
/// than one at times, such as a script and what it would have written: the one beside the refusal counts.
pub fn refused_path(line: &str) -> Option<&str> {
    let small = line.to_ascii_lowercase();
    let refusal = REFUSALS
        .iter()
        .filter_map(|words| small.find(words))
        .min()?;
    let found = paths(line);
    let after = || found.iter().filter(|one| one.at > refusal);
    let quoted_after = after().find(|one| one.is_quoted);
    let before = || found.iter().rev().find(|one| one.at < refusal);
    let best = quoted_after.or_else(before).or_else(|| after().next());
    best.map(|one| one.path)
}

/// The absolute paths in a line, in order.
fn paths(line: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = line[from..].find('/').map(|at| from + at) {
        let before = line[..at].chars().next_back();
        let quote = QUOTES.iter().find(|(open, _)| before == Some(*open));
        let rest = &line[at..];
        let path = match quote {
            Some((_, close)) => rest.split(*close).next().unwrap_or(rest),
            None => unquoted(rest),
        };
        let begins = quote.is_some() || before.is_none_or(|c| c.is_whitespace() || c == '(');
        if begins && path.len() > 1 {
            let is_quoted = quote.is_some();
            found.push(Found {
                at,
                path,
                is_quoted,
            });
        }
        from = at + path.len().max(1);
    }
    found
}

/// A path that ends with the colon behind it, as in `sh: 1: cannot create /a b: Permission denied`, or with the line.
fn unquoted(rest: &str) -> &str {
    let end = rest.find(": ").unwrap_or(rest.len());
    rest[..end].trim_end_matches([':', '.', ',', ';', ')', ' ', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_beside_the_refusal_counts() {
        for (line, path) in [
            ("bash: line 1: /m/other: Permission denied", "/m/other"),
            ("/w/run.sh: line 3: /m/a b: Permission denied", "/m/a b"),
            ("/bin/sh: 1: cannot create /m/a: Permission denied", "/m/a"),
            (
                "touch: cannot touch '/m/it: x': Permission denied",
                "/m/it: x",
            ),
            (
                "mkdir: cannot create directory ‘/m/d’: Permission denied",
                "/m/d",
            ),
            (
                "mv: cannot move '/w/a' to '/m/a': Permission denied",
                "/m/a",
            ),
            (
                "error: could not lock config file /m/.git/config: Permission denied",
                "/m/.git/config",
            ),
            (
                "PermissionError: [Errno 13] Permission denied: '/m/p'",
                "/m/p",
            ),
            (
                "  File \"/w/a.py\": PermissionError: [Errno 13] Permission denied: '/m/p'",
                "/m/p",
            ),
            ("Error: EACCES: permission denied, open '/m/n'", "/m/n"),
            ("open /m/g: permission denied", "/m/g"),
            ("touch: /m/r: Read-only file system", "/m/r"),
        ] {
            assert_eq!(refused_path(line), Some(path), "{line}");
        }
    }

    #[test]
    fn other_lines_name_nothing() {
        for line in [
            "wrote /m/a",
            "git@github.com: Permission denied (publickey).",
            "permission denied at unix:///var/run/docker.sock",
            "../a: Permission denied",
            "a/b: Permission denied",
            "Permission denied",
            "rm: cannot remove '/': Permission denied",
            "",
        ] {
            assert_eq!(refused_path(line), None, "{line}");
        }
    }
}
