//! Which files a patch changes.

/// The paths in a patch: in the envelope of `apply_patch`, or in a unified diff with or without `a/` and `b/`.
pub(crate) fn paths(text: &str) -> Vec<String> {
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
        let renamed = ["--- ", "+++ ", "rename from ", "rename to ", "copy to "];
        let Some(path) = renamed.iter().find_map(|head| line.strip_prefix(head)) else {
            continue;
        };
        let path = path.split('\t').next().unwrap_or(path).trim_matches('"');
        if path == "/dev/null" {
            continue;
        }
        let stripped = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"));
        paths.push(stripped.unwrap_or(path).to_owned());
    }
    paths
}
