//! Laws of what git writes to a hook's standard input.

use baton_hooks::ref_lines::{RefLineError, Value, parse, parse_push};
use baton_hooks::{Call, Hook, is_idle};
use bstr::ByteSlice;

/// Every line of the input is one of the answer, in order and with its own name: none is passed
/// over.
pub fn no_line_is_lost(input: &[u8]) {
    let lines: Vec<&[u8]> = input.lines().collect();
    match parse(input) {
        Ok(parsed) => {
            assert_eq!(parsed.len(), lines.len());
            for (line, parsed) in lines.iter().zip(parsed) {
                let written = [
                    text(&parsed.old),
                    text(&parsed.new),
                    parsed.reference.to_vec(),
                ];
                assert_same(line, &written.join(&b' '));
            }
        }
        Err(error) => assert_printable(&error),
    }
    match parse_push(input) {
        Ok(parsed) => {
            assert_eq!(parsed.len(), lines.len());
            for (line, parsed) in lines.iter().zip(parsed) {
                let name = parsed.reference.to_vec();
                let written = [Vec::new(), text(&parsed.local), name, text(&parsed.remote)];
                let written = written.join(&b' ');
                assert_same(line, &written);
            }
        }
        Err(error) => assert_printable(&error),
    }
}

/// A prepared transaction that says it carries nothing to judge puts no object on any branch and
/// makes none another name for something.
pub fn idle_calls_carry_nothing(input: &[u8]) {
    let call = Call {
        hook: Hook::ReferenceTransaction,
        args: vec!["prepared".into()],
        input: input.to_vec(),
    };
    if !is_idle(&call) {
        return;
    }
    for line in input.split_str("\n").filter(|line| !line.is_empty()) {
        let mut words = line.splitn_str(3, " ").skip(1);
        let new = words.next().expect("an idle call is well formed");
        let name = words.next().expect("an idle call is well formed");
        let moves = name.starts_with(b"refs/heads/") && new.iter().any(|byte| *byte != b'0');
        assert!(!moves, "{:?} goes unseen", line.as_bstr());
    }
}

/// All of them.
pub fn all(input: &[u8]) {
    no_line_is_lost(input);
    idle_calls_carry_nothing(input);
}

/// As git writes it, but that zeros are those of SHA-1.
fn text(value: &Value) -> Vec<u8> {
    match value {
        Value::Zeros => vec![b'0'; 40],
        Value::Object(oid) => oid.to_string().into(),
        Value::Symbolic(name) => [b"ref:", name.as_bytes()].concat(),
    }
}

/// The line ends as it is written, whatever the case of hexadecimal digits and the length of zeros.
fn assert_same(line: &[u8], written: &[u8]) {
    let zeros = |word: &[u8]| matches!(word.len(), 40 | 64) && word.iter().all(|it| *it == b'0');
    let normal = |text: &[u8]| {
        let words = text.split_str(" ");
        let words = words.map(|word| if zeros(word) { b"0" } else { word });
        words.collect::<Vec<_>>().join(&b' ').to_ascii_lowercase()
    };
    assert!(
        normal(line).ends_with(&normal(written)),
        "{:?} is read as {:?}",
        line.as_bstr(),
        written.as_bstr()
    );
}

fn assert_printable(error: &RefLineError) {
    assert!(!error.to_string().contains(char::is_control), "{error}");
}
