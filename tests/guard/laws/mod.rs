//! Laws that hold of any input, against inputs made up from what each format is made of. The fuzz
//! targets in `fuzz/` hold the same laws against inputs that are grown.

mod handoff;
mod hook_input;
mod index;
mod policy;
mod trailers;

use std::path::Path;

use bstr::ByteSlice;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// One that is split in two and one that is not.
const INDEXES: [&[u8]; 2] = [
    include_bytes!("seeds/index/version-4"),
    include_bytes!("seeds/index/split-replaced"),
];
const SIGNED: &[u8] = include_bytes!("../../fixtures/signed/ed25519-256.commit");
const ENTRY: &str = "### Parallel Sessions 19, 20 (2025-12-18)\n\n\
    **Orchestrator**: Session 22\n**Parallel Executions**: 2 agents\n\n\
    #### Session 19: Constraints\n- one\n\n```\n#### Session 9: code\n```\n\n\
    #### Session 20: Gate: phase 1.5\ndone\n";

type Law = fn(&[u8]);

/// The fuzz targets and their laws.
const TARGETS: [(&str, Law); 7] = [
    ("handoff", handoff::all),
    ("hook_input", hook_input::all),
    ("index", index::all),
    ("policy", policy::all),
    ("signers", policy::signers_or_an_error),
    ("sshsig", |commit| {
        policy::a_signature_holds_for_its_payload(commit);
    }),
    ("trailers", trailers::all),
];

/// The fuzz targets begin with these inputs; one that broke a law becomes one of them.
#[test]
fn seeds_obey_the_laws() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guard/laws/seeds");
    for (target, law) in TARGETS {
        for seed in seeds.join(target).read_dir().unwrap() {
            let seed = seed.unwrap().path();
            println!("{}", seed.display());
            law(&std::fs::read(seed).unwrap());
        }
    }
}

proptest! {
    #[test]
    fn any_bytes(data: Vec<u8>) {
        handoff::all(&data);
        hook_input::all(&data);
        policy::all(&data);
        policy::signers_or_an_error(&data);
        trailers::all(&data);
    }

    #[test]
    fn trailers_in_any_mixture_of_lines(
        message in "([#K:\t \r\n\0-]|Conflicts:\n|Baton-Session: 1|Signed-off-by: a){0,40}",
    ) {
        trailers::all(message.as_bytes());
    }

    #[test]
    fn documents_of_headings_and_fences(
        document in "(\u{feff})?(## Recent Work|#{3,4} Session 3|- |```|~~~|[ \t\r]|\r?\n|a){0,24}",
        text in "(\u{feff}|## Recent Work|#{1,6} |```|~~~|- |\r?\n|[ \ta\r]|\n----\n){1,24}",
    ) {
        handoff::all(format!("{document}\0{text}").as_bytes());
    }

    #[test]
    fn entries_with_another_text_in_them(
        cut in 0..ENTRY.len(), drop in 0usize..9, put in "[#\n a1`\r]{0,6}",
    ) {
        let end = (cut + drop).min(ENTRY.len());
        let text = format!("\0{}{put}{}", &ENTRY[..cut], &ENTRY[end..]);
        handoff::all(text.as_bytes());
    }

    #[test]
    fn policies_of_patterns(
        patterns in vec(pattern(), 1..4),
        key in select(vec![
            "[branches]\ninclude", "[sessions]\nlogs", "[[protected]]\nwriter = \"nobody\"\npaths",
        ]),
        path in path(),
    ) {
        let quoted = patterns.iter().map(|text| toml::Value::String(text.clone()).to_string());
        let quoted: Vec<_> = quoted.collect();
        let text = format!("{key} = [{}]\n\0{path}\0{}", quoted.join(", "), path.to_uppercase());
        policy::all(text.as_bytes());
    }

    #[test]
    fn policies_of_logs(
        before in "(a/|B|é|x/){0,3}",
        after in "(\\*|/c|b){0,2}",
        dated: bool,
        number in "[0-9]{1,3}",
    ) {
        let (date, day) = if dated { ("{date}", "2025-12-18") } else { ("", "") };
        let path = format!("{before}{day}-{number}{}", after.replace('*', "x"));
        let text = format!("[sessions]\nlogs = [\"{before}{date}-{{session}}{after}\"]\n\0{path}");
        policy::all(text.as_bytes());
    }

    #[test]
    fn policies_of_headings(heading in "#{1,4} [ \t#`~a\u{a0}\u{2028}\u{feff}\r\0\u{b}-]{0,4}a?") {
        let quoted = toml::Value::String(heading);
        policy::all(format!("[handoff]\nheading = {quoted}\n").as_bytes());
    }

    #[test]
    fn input_of_hooks(
        lines in vec(
            "(0{40}|1{40}|[aA]{64}|0{64}|ref:refs/heads/x|HEAD|refs/heads/[ax]|é| |\r|\u{1b}){0,9}",
            0..4,
        ),
        words in any::<bool>(),
    ) {
        let separator = if words { "\n" } else { "" };
        hook_input::all(lines.join(separator).as_bytes());
    }

    #[test]
    fn input_of_hooks_as_git_writes_it(
        lines in vec(
            "(0{40}|1{40}|ref:refs/heads/x) (0{64}|[1A]{40}|ref:refs/heads/x) (HEAD|refs/heads/[ax ]{1,9})( 0{40})?",
            0..4,
        ),
    ) {
        hook_input::all(lines.join("\n").as_bytes());
    }

    #[test]
    fn lists_of_signers(
        text in "(a@b|[*!,?]|\"| |\t|\r?\n|#|namespaces=|valid-(after|before)=|2025|1218|Z|,|ssh-ed25519|AAAA|é|cert-authority){0,16}",
    ) {
        policy::signers_or_an_error(text.as_bytes());
    }

    #[test]
    fn damaged_indexes(
        which in 0..INDEXES.len(),
        damage in vec((any::<Index>(), select(vec![0, 1, 2, 0x7F, 0xFF])), 0..4),
    ) {
        let mut data = INDEXES[which].to_vec();
        for (at, byte) in damage {
            let at = at.index(data.len());
            data[at] = byte;
        }
        index::all(&data);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn damaged_signatures(at in 0..SIGNED.len(), byte: u8) {
        let mut commit = SIGNED.to_vec();
        commit[at] = byte;
        let holds = policy::a_signature_holds_for_its_payload(&commit);
        if commit == SIGNED {
            prop_assert!(holds);
        } else if !byte.is_ascii_whitespace() {
            prop_assert!(!holds);
        }
    }
}

#[test]
fn a_length_that_does_not_fit_is_damage() {
    let mut commit = SIGNED.to_vec();
    let at = commit.find(b"AAAg1Qbv").unwrap();
    commit[at + 1] = b'/';
    assert!(!policy::a_signature_holds_for_its_payload(&commit));
}

fn pattern() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a",
        "B",
        "é",
        "/",
        "*",
        "**",
        "?",
        "{a,b}",
        "[a-c]",
        ".",
        "x",
        "/**",
        "/",
        ":",
        " ",
        "{session}",
        "{date}",
        "[",
        "}",
        "!",
        ",",
        "\\",
        "-",
    ]);
    vec(piece, 1..7).prop_map(|pieces| pieces.concat())
}

fn path() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a",
        "A",
        "b",
        "x",
        "é",
        "É",
        "/",
        ".",
        ":",
        " ",
        "c",
        "1",
        "baton.toml",
    ]);
    vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}
