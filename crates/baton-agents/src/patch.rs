//! Which files a patch changes.

/// The paths in a patch: in the envelope of `apply_patch`, or in a unified diff with or without `a/` and `b/`.
pub(crate) fn paths(text: &str) -> Vec<String> {
    paths_below(text, 0)
}

/// [`paths`], and those that are left when so many directories are stripped.
pub(crate) fn paths_below(text: &str, stripped: usize) -> Vec<String> {
    let mut paths = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        let enveloped = [
            "*** Add File: ",
            "*** Update File: ",
            "*** Delete File: ",
            "*** Move to: ",
        ];
        if let Some(path) = enveloped.iter().find_map(|head| line.strip_prefix(head)) {
            paths.push(path.trim().to_owned());
            continue;
        }
        let named = ["--- ", "+++ ", "rename from ", "rename to ", "copy to "];
        let path = named.iter().find_map(|head| line.strip_prefix(head));
        let Some(path) = path.or_else(|| path_of_both(line)) else {
            continue;
        };
        let path = path.split('\t').next().unwrap_or(path).trim_matches('"');
        if path == "/dev/null" {
            continue;
        }
        let plain = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"));
        paths.push(plain.unwrap_or(path).to_owned());
        if stripped > 0 {
            let rest = path.splitn(stripped + 1, '/').nth(stripped);
            paths.extend(rest.map(str::to_owned));
        }
    }
    paths
}

/// The path of a file whose header names it twice: all that is told where only its mode changes, or where it is empty or binary.
fn path_of_both(line: &str) -> Option<&str> {
    let both = line.strip_prefix("diff --git ")?;
    let (one, _) = both.split_at_checked(both.len() / 2)?;
    Some(one)
}
