//! The hooks of other tools that are known by their whole text to run what lies beside them. A word in a text is no proof
//! that a command runs, or that its answer counts.

use bstr::ByteSlice;

/// The most that is read of a text.
pub const LONGEST: u64 = 64 * 1024;

/// The hook that Gitea and Forgejo write, with names of variables of our own: it gives its input to each program of the
/// directory, and fails when one of them does.
const FORGE: &str = r#"
input=$(cat)
codes=""
name=$(basename $0)
GIT_DIR=${GIT_DIR:-$(dirname $0)/..}
for each in ${GIT_DIR}/hooks/${name}.d/*; do
test -x "${each}" && test -f "${each}" || continue
echo "${input}" | "${each}"
codes="${codes} $?"
done
for code in ${codes}; do
[ ${code} -eq 0 ] || exit ${code}
done
"#;

/// The beginnings of the lines of pre-commit's hook, and of prek's.
const LEGACY: [&[&str]; 2] = [
    &[
        "INSTALL_PYTHON=",
        "ARGS=(hook-impl ",
        "HERE=\"$(",
        "ARGS+=(--hook-dir \"$HERE\" -- \"$@\")",
        "if [ -x \"$INSTALL_PYTHON\" ]; then",
        "exec \"$INSTALL_PYTHON\" -mpre_commit \"${ARGS[@]}\"",
        "elif command -v pre-commit > /dev/null; then",
        "exec pre-commit \"${ARGS[@]}\"",
        "else",
        "echo '`pre-commit` not found.",
        "exit 1",
        "fi",
    ],
    &[
        "HERE=\"$(",
        "PREK=",
        "if [ ! -x \"$PREK\" ]; then",
        "fi",
        "exec \"$PREK\" hook-impl --hook-dir",
    ],
];

/// The shells for which the texts are written.
const SHELLS: [&str; 4] = ["sh", "bash", "dash", "ash"];

/// True if this script gives all that it is given to each program of `<its name>.d/`, and heeds their answers.
pub fn runs_directory(script: &[u8]) -> bool {
    let (own, forge) = (with_plain_names(script), with_plain_names(FORGE.as_bytes()));
    is_for_shell(script) && own == forge
}

/// True if this script runs `<hook>.legacy` beside itself: pre-commit's and prek's programs do so, and add its answer to theirs.
pub fn runs_legacy(script: &[u8], hook: &str) -> bool {
    let lines = commands(script);
    let is_one_of = |known: &&[&str]| {
        let is_known = |line: &&[u8]| known.iter().any(|known| line.starts_with_str(known));
        lines.iter().all(is_known)
    };
    let own_hook = format!("--hook-type={hook}");
    let names_hook = |line: &&[u8]| {
        let mut words = line.fields_with(|char| char.is_whitespace() || char == ')');
        words.any(|word| word == own_hook.as_bytes())
    };
    is_for_shell(script) && lines.iter().any(names_hook) && LEGACY.iter().any(is_one_of)
}

/// True if the system has a shell read this script, and nothing changes how.
pub fn is_for_shell(script: &[u8]) -> bool {
    let first = script.lines().next().unwrap_or_default();
    let Some(words) = first.strip_prefix(b"#!") else {
        return false;
    };
    let words: Vec<_> = words.fields().map(last_part).collect();
    let is_shell = |name: &[u8]| SHELLS.iter().any(|shell| shell.as_bytes() == name);
    match &words[..] {
        [shell] => is_shell(shell),
        [program, shell] => *program == b"env" && is_shell(shell),
        _ => false,
    }
}

fn last_part(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// The lines of a script that are more than comments, without the white space around them.
pub fn commands(script: &[u8]) -> Vec<&[u8]> {
    let lines = script.lines().map(|line| line.trim_ascii());
    lines
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .collect()
}

/// The commands of a script, in which the variables that it sets are named by the order in which it sets them.
fn with_plain_names(script: &[u8]) -> Vec<u8> {
    let lines = commands(script);
    let mut names: Vec<&[u8]> = Vec::new();
    for line in &lines {
        let name = &line[..line.iter().take_while(|byte| is_of_name(byte)).count()];
        let set = match line.strip_prefix(b"for ") {
            Some(rest) => rest.fields().next(),
            None => Some(name).filter(|name| line[name.len()..].starts_with(b"=")),
        };
        names.extend(set.filter(|set| !names.contains(set)));
    }
    let mut plain = Vec::new();
    for line in lines {
        let words = line.chunk_by(|one, other| is_of_name(one) && is_of_name(other));
        for word in words {
            match names.iter().position(|name| *name == word) {
                Some(at) => plain.extend(format!("<{at}>").into_bytes()),
                None => plain.extend(word),
            }
        }
        plain.push(b'\n');
    }
    plain
}

fn is_of_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The forge's text with a change.
    fn forge(from: &str, to: &str) -> String {
        format!(
            "#!/usr/bin/env bash\n# Do not change it.{}",
            FORGE.replace(from, to)
        )
    }

    #[test]
    fn only_the_whole_text_of_a_forge_runs_its_directory() {
        assert!(runs_directory(forge("", "").as_bytes()));
        assert!(runs_directory(forge("each", "hook").as_bytes()));
        assert!(runs_directory(forge("test -x", "\n  test -x").as_bytes()));
        for (from, to) in [
            ("/*; do", "/*.sh; do"),
            ("[ ${code}", "true || [ ${code}"),
            ("codes=\"${codes} $?\"", ""),
            ("| \"${each}\"", "| sh \"${each}\""),
            ("| \"${each}\"", "| \"${each}\" &"),
            ("for each in", "exit 0\nfor each in"),
            ("each}\" ||", "input}\" ||"),
            ("#!/usr/bin/env bash", "#!/bin/sh -n"),
        ] {
            let changed = forge("", "").replace(from, to);
            assert_ne!(changed, forge("", ""), "{from}");
            assert!(!runs_directory(changed.as_bytes()), "{changed}");
        }
        assert!(!runs_directory(b"#!/bin/sh\nrun-parts \"$0.d\"\n"));
    }

    const PREK: &str = r#"#!/bin/sh
HERE="$(cd "$(dirname "$0")" && pwd)"
PREK="/usr/bin/prek"
if [ ! -x "$PREK" ]; then
    PREK="prek"
fi
exec "$PREK" hook-impl --hook-dir="$HERE" --script-version=4 --hook-type=pre-commit -- "$@"
"#;

    #[test]
    fn only_the_whole_text_of_a_manager_runs_what_it_renamed() {
        assert!(runs_legacy(PREK.as_bytes(), "pre-commit"));
        assert!(!runs_legacy(PREK.as_bytes(), "pre-push"));
        let exits = PREK.replace("HERE=", "exit 0\nHERE=");
        assert!(!runs_legacy(exits.as_bytes(), "pre-commit"));
        for other in [
            "[ ! -f .git/hooks/pre-commit.legacy ] || echo old",
            "\"$0.legacy\" \"$@\"",
            "echo hook-impl --hook-dir --hook-type=pre-commit",
            "",
        ] {
            let script = format!("#!/bin/sh\n{other}\n");
            assert!(!runs_legacy(script.as_bytes(), "pre-commit"), "{other}");
        }
    }
}
