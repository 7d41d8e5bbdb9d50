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

/// The lines of pre-commit's hook, and of prek's, with one word or several arguments where they differ.
const LEGACY: [&[&str]; 2] = [
    &[
        "INSTALL_PYTHON={word}",
        "ARGS=(hook-impl {arguments})",
        "HERE=\"$(cd \"$(dirname \"$0\")\" && pwd)\"",
        "ARGS+=(--hook-dir \"$HERE\" -- \"$@\")",
        "if [ -x \"$INSTALL_PYTHON\" ]; then",
        "exec \"$INSTALL_PYTHON\" -mpre_commit \"${ARGS[@]}\"",
        "elif command -v pre-commit > /dev/null; then",
        "exec pre-commit \"${ARGS[@]}\"",
        "else",
        "echo {word} 1>&2",
        "exit 1",
        "fi",
    ],
    &[
        "HERE=\"$(cd \"$(dirname \"$0\")\" && pwd)\"",
        "PREK={word}",
        "if [ ! -x \"$PREK\" ]; then",
        "PREK={word}",
        "fi",
        "exec \"$PREK\" hook-impl {arguments} -- \"$@\"",
    ],
];

/// The bytes by which a shell reads more than words.
const META: &[u8] = b";|&<>()`#\\";

/// The suffix that pre-commit and prek give to the hook that they found.
pub const LEGACY_SUFFIX: &str = ".legacy";

/// The suffix that lefthook gives to it, and that has to be free when it is installed again.
pub const LEFTHOOK_SUFFIX: &str = ".old";

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
        let mut pairs = lines.iter().zip(known.iter());
        lines.len() == known.len() && pairs.all(|(line, known)| is_like(line, known))
    };
    let own_hook = format!("--hook-type={hook}");
    let names_hook = |line: &&[u8]| {
        let mut words = line.fields_with(|char| char.is_whitespace() || char == ')');
        words.any(|word| word == own_hook.as_bytes())
    };
    is_for_shell(script) && lines.iter().any(names_hook) && LEGACY.iter().any(is_one_of)
}

/// True if this is the known line, with plain words in the place that it names.
fn is_like(line: &[u8], known: &str) -> bool {
    let place = known.split_once('{').and_then(|(before, rest)| {
        let (kind, after) = rest.split_once('}')?;
        matches!(kind, "word" | "arguments").then_some((before, kind, after))
    });
    let Some((before, kind, after)) = place else {
        return line == known.as_bytes();
    };
    let words = line.strip_prefix(before.as_bytes());
    let words = words.and_then(|words| words.strip_suffix(after.as_bytes()));
    words.is_some_and(|words| match kind {
        "word" => is_word(words),
        _ => {
            words.replace("\"$HERE\"", "").find_byteset(b"$").is_none()
                && words.find_byteset(META).is_none()
        }
    })
}

/// True if a shell reads this as one word, and starts nothing for it.
fn is_word(word: &[u8]) -> bool {
    let within = |quote: &[u8]| word.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(text) = within(b"'") {
        return text.find_byte(b'\'').is_none();
    }
    if let Some(text) = within(b"\"") {
        return text.find_byteset(b"\"$`\\").is_none();
    }
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./@%+=:,-".contains(byte);
    !word.is_empty() && word.iter().all(is_plain)
}

/// True if this script is lefthook's for this hook: a function that finds the program and starts it, and a call of that.
pub fn is_lefthooks(script: &[u8], hook: &str) -> bool {
    let lines = commands(script);
    let mut before: &[u8] = b"";
    let mut starts = false;
    let call = format!("call_lefthook run \"{hook}\" \"$@\"");
    let Some((last, lines)) = lines.split_last() else {
        return false;
    };
    let are_known = lines.iter().all(|line| {
        let is_start = is_lefthooks_start(line);
        starts |= is_start;
        let is_switch = before.starts_with_str("if [ \"$LEFTHOOK");
        before = line;
        is_start || is_lefthooks_line(line) || is_switch && matches!(*line, b"exit 0" | b"set -x")
    });
    are_known && starts && *last == call.as_bytes()
}

/// True if this script ends in lefthook's call, and names no file by an ending of its own name.
pub fn calls_lefthook(script: &[u8], hook: &str) -> bool {
    let call = format!("call_lefthook run \"{hook}\" \"$@\"");
    let names_another =
        |line: &&[u8]| line.contains_str("$0") || line.contains_str(LEFTHOOK_SUFFIX);
    let lines = commands(script);
    lines.last() == Some(&call.as_bytes()) && !lines.iter().any(names_another)
}

/// True if this line starts lefthook's program with all that the hook is given.
fn is_lefthooks_start(line: &[u8]) -> bool {
    let command = line.strip_suffix(b" \"$@\"").unwrap_or_default();
    names_lefthook(command) && command.find_byteset(META).is_none()
}

/// True if this line of lefthook's script only looks for its program, or ends in failure.
fn is_lefthooks_line(line: &[u8]) -> bool {
    let condition = { ["if ", "elif "].iter() }.find_map(|it| line.strip_prefix(it.as_bytes()));
    if let Some(condition) = condition {
        let condition = condition.strip_suffix(b"; then").unwrap_or(condition);
        let condition = condition
            .strip_suffix(b" >/dev/null 2>&1")
            .unwrap_or(condition);
        let is_plain = condition.find_byteset(META).is_none();
        return is_plain && (names_lefthook(condition) || condition == b"command -v mint");
    }
    let is_set = [
        "dir=\"$(git rev-parse ",
        "osArch=$(uname | tr ",
        "cpuArch=$(uname -m | sed ",
    ];
    matches!(
        line,
        b"call_lefthook()" | b"{" | b"}" | b"then" | b"else" | b"fi" | b"exit 1"
    ) || is_set.iter().any(|name| line.starts_with_str(name))
        || line.starts_with_str("echo \"") && line.find_byteset(META).is_none()
}

fn names_lefthook(words: &[u8]) -> bool {
    words.to_ascii_lowercase().contains_str("lefthook")
}

/// True if the system has a shell read this script, and nothing changes how, such as ends of lines that are part of a word.
pub fn is_for_shell(script: &[u8]) -> bool {
    if script.contains(&b'\r') {
        return false;
    }
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

    const PRE_COMMIT: &str = r#"#!/usr/bin/env bash
# start templated
INSTALL_PYTHON=/usr/bin/python3
ARGS=(hook-impl --config=.pre-commit-config.yaml --hook-type=pre-commit --skip-on-missing-config)
# end templated

HERE="$(cd "$(dirname "$0")" && pwd)"
ARGS+=(--hook-dir "$HERE" -- "$@")

if [ -x "$INSTALL_PYTHON" ]; then
    exec "$INSTALL_PYTHON" -mpre_commit "${ARGS[@]}"
elif command -v pre-commit > /dev/null; then
    exec pre-commit "${ARGS[@]}"
else
    echo '`pre-commit` not found.  Did you forget to activate your virtualenv?' 1>&2
    exit 1
fi
"#;

    #[test]
    fn words_of_a_managers_text_are_words() {
        let runs = |text: &str| runs_legacy(text.as_bytes(), "pre-commit");
        assert!(runs(PRE_COMMIT));
        let quoted = PRE_COMMIT.replace("/usr/bin/python3", "'/home/a user/bin/python3'");
        assert!(runs(&quoted));
        let prek = PREK.replace("/usr/bin/prek", "/home/a user/bin/prek");
        assert!(runs(&prek));
        for (from, to) in [
            ("bin/python3", "bin/python3; exit 0"),
            ("/usr/bin/python3", "x exit 0"),
            ("/usr/bin/python3", "$(exit)"),
            ("--skip-on", "); exit 0 #--skip-on"),
            ("exec pre-commit", "exec pre-commit; "),
            ("exit 1", "exit 0"),
            ("1>&2", "1>&2; exit 0"),
            ("ARGS+=(--hook-dir \"$HERE\" -- \"$@\")\n", ""),
            ("\n", "\r\n"),
        ] {
            let changed = PRE_COMMIT.replace(from, to);
            assert_ne!(changed, PRE_COMMIT, "{from}");
            assert!(!runs(&changed), "{changed}");
        }
        assert!(!runs(&PREK.replace("/usr/bin/prek", "$(exit)")));
        assert!(!runs(&PREK.replace("-- \"$@\"", "-- \"$@\" || true")));
    }

    const LEFTHOOK: &str = r#"#!/bin/sh

if [ "$LEFTHOOK_VERBOSE" = "1" -o "$LEFTHOOK_VERBOSE" = "true" ]; then
  set -x
fi

if [ "$LEFTHOOK" = "0" ]; then
  exit 0
fi

call_lefthook()
{
  if test -n "$LEFTHOOK_BIN"
  then
    "$LEFTHOOK_BIN" "$@"
  elif lefthook -h >/dev/null 2>&1
  then
    lefthook "$@"
  else
    dir="$(git rev-parse --show-toplevel)"
    osArch=$(uname | tr '[:upper:]' '[:lower:]')
    cpuArch=$(uname -m | sed 's/aarch64/arm64/;s/x86_64/x64/')
    if test -f "$dir/node_modules/lefthook-${osArch}-${cpuArch}/bin/lefthook"
    then
      "$dir/node_modules/lefthook-${osArch}-${cpuArch}/bin/lefthook" "$@"
    elif command -v mint >/dev/null 2>&1
    then
      mint run csjones/lefthook-plugin "$@"
    else
      echo "Can't find lefthook in PATH"
      exit 1
    fi
  fi
}

call_lefthook run "pre-commit" "$@"
"#;

    #[test]
    fn only_the_whole_text_of_lefthook_is_lefthooks() {
        let is_it = |text: &str| is_lefthooks(text.as_bytes(), "pre-commit");
        assert!(is_it(LEFTHOOK));
        assert!(!is_lefthooks(LEFTHOOK.as_bytes(), "pre-push"));
        for (from, to) in [
            ("  lefthook \"$@\"", "  lefthook \"$@\" || true"),
            ("  lefthook \"$@\"", "  \"$0.$S\""),
            ("  lefthook \"$@\"", "  exit 0"),
            ("  lefthook \"$@\"", "  : lefthook; : \"$@\""),
            ("then\n", "then\n  set +e; exit 0\n"),
            ("call_lefthook()", "[ -f ./rc ] && . ./rc\ncall_lefthook()"),
            ("call_lefthook run", "exit 0\ncall_lefthook run"),
            ("echo \"Can't", "echo \"$(\"$0.old\")"),
        ] {
            let changed = LEFTHOOK.replace(from, to);
            assert_ne!(changed, LEFTHOOK, "{from}");
            assert!(!is_it(&changed), "{changed}");
        }
        let hollow =
            "#!/bin/sh\ncall_lefthook()\n{\n:\n}\ncall_lefthook run \"pre-commit\" \"$@\"\n";
        for body in [":", "fi", "exit 1"] {
            assert!(!is_it(&hollow.replace(':', body)), "{body}");
        }
    }

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
