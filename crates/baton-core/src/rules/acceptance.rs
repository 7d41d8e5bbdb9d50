//! An acceptance: the message in which a maintainer says which broken rule stands, and why.

use bstr::{BStr, BString, ByteSlice};

use crate::model::{Oid, RuleId, trailers};
use crate::policy::Subject;

/// The trailer that names what is accepted: a commit's full id and a rule's.
const KEY: &str = "Baton-Accept";

/// The message of an acceptance; its reason stands in the body.
pub fn message(accepted: &[(Oid, RuleId)], reason: &str, subject: &Subject) -> String {
    let what = match accepted {
        [(commit, rule)] => format!("{rule} in {}", commit.short()),
        _ => format!("{} broken rules", accepted.len()),
    };
    let subject = subject.render(&[("accepted", &what)]);
    let mut message = format!("{subject}\n\n{}\n\n", reason.trim());
    for (commit, rule) in accepted {
        message.push_str(&format!("{KEY}: {commit} {rule}\n"));
    }
    message
}

/// The breaches that the message accepts: none where readers could disagree about it.
pub fn accepted(message: &BStr) -> Vec<(Oid, RuleId)> {
    if message.contains(&0) {
        return Vec::new();
    }
    trailers::values(message, KEY)
        .filter_map(|value| {
            let (commit, rule) = value.to_str().ok()?.split_once(' ')?;
            Some((commit.parse().ok()?, rule.parse().ok()?))
        })
        .collect()
}

/// The reason that the message of an acceptance gives: its body, or else its subject.
pub fn reason(message: &BStr) -> BString {
    let paragraphs: Vec<_> = message
        .split_str("\n\n")
        .map(ByteSlice::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    let reason = match &paragraphs[..] {
        [_, body @ .., _] if !body.is_empty() => bstr::join("\n\n", body),
        [subject, ..] => subject.to_vec(),
        [] => Vec::new(),
    };
    reason.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> Oid {
        "ab".repeat(20).parse().unwrap()
    }

    #[test]
    fn a_message_says_what_it_was_made_of() {
        let both = [
            (id(), RuleId::ProtectedPath),
            (id(), RuleId::BundledSessions),
        ];
        for named in [&both[..1], &both] {
            let subject = &crate::policy::Policy::default().subjects.accept;
            let text = message(
                named,
                "It landed before the policy.\n\nNobody was hurt.",
                subject,
            );
            assert_eq!(accepted(text.as_str().into()), named);
            assert_eq!(
                reason(text.as_str().into()),
                "It landed before the policy.\n\nNobody was hurt."
            );
        }
    }

    #[test]
    fn only_a_full_id_and_a_rule_in_a_trailer_accept_something() {
        let full = id().to_string();
        for value in [
            "abababab protected-path".to_owned(),
            format!("{full}  protected-path"),
            format!("{full} protected-path, bundled-sessions"),
            format!("{full} PROTECTED-PATH"),
            full.clone(),
            format!("protected-path {full}"),
        ] {
            let text = format!("s\n\nwhy\n\nBaton-Accept: {value}\n");
            assert_eq!(accepted(text.as_str().into()), [], "{value}");
        }
        for text in [
            format!("s\n\nBaton-Accept: {full} protected-path\n\nwhy\n"),
            format!("Baton-Accept: {full} protected-path\n"),
            format!("s\n\nwhy\n\nBaton-Accept: {full} protected-path\n\0"),
        ] {
            assert_eq!(accepted(text.as_str().into()), [], "{text:?}");
        }
    }
}
