use std::sync::LazyLock;

use super::*;
use crate::handoff::{ParseError, SessionSection, insert, render_entry};
use crate::model::{ArchiveFile, Entry, Oid, SessionLog};
use crate::policy::{Handoff, Policy};

const BEFORE: &str =
    "# Handoff\n\nintro\n\n## Recent Work\n\n### Older\n\n#### Session 7: Old\nwork\n";
const HANDOFF: &str = ".agents/HANDOFF.md";
static POLICY: LazyLock<Policy> = LazyLock::new(Policy::default);
static TERMS: LazyLock<Terms<'static>> = LazyLock::new(|| Terms {
    handoff: &POLICY.handoff,
    keys: &POLICY.trailers,
    bound: false,
});

fn parent() -> Oid {
    Oid::from_bytes(&[7; 20]).unwrap()
}

/// A log of this session, of the day of the aggregation.
fn log(number: &str, text: &str) -> SessionLog {
    SessionLog {
        session: SessionId::new(Some("2025-12-18"), number).unwrap(),
        path: format!(".agents/sessions/2025-12-18-session-{number}.md").into(),
        text: Some(text.into()),
    }
}

/// A commit that a test makes genuine and then spoils.
struct Commit {
    message: String,
    parents: usize,
    change: Option<PathChange>,
    evidence: AggregateEvidence,
}

impl Commit {
    fn genuine() -> Self {
        Self::aggregating(BEFORE, &["19", "20"])
    }

    fn aggregating(before: &str, numbers: &[&str]) -> Self {
        let summary = |number: &str| format!("what {number} did\n\n- a list\n");
        let entry = HandoffEntry {
            date: "2025-12-18".into(),
            orchestrator: Some("22".into()),
            sessions: numbers
                .iter()
                .map(|number| SessionSection {
                    number: (*number).into(),
                    title: format!("Work {number}"),
                    summary: summary(number).into(),
                })
                .collect(),
        };
        let text = render_entry(&entry, &TERMS.handoff.wording).unwrap();
        let mut message = format!(
            "Aggregate\n\nBaton-Aggregate: 1\nBaton-Base: {}\n",
            parent()
        );
        for number in numbers {
            let digest = digest(summary(number).as_str().into());
            message += &format!("Baton-Session: {number}\nBaton-Summary: {number} {digest}\n");
        }
        let file = |digit: &str| {
            Some(Entry {
                mode: 0o100_644,
                oid: Oid::from_hex(digit.repeat(40).as_bytes()).unwrap(),
            })
        };
        Self {
            message,
            parents: 1,
            change: Some(PathChange {
                path: HANDOFF.into(),
                before: vec![file("a")],
                after: file("b"),
            }),
            evidence: AggregateEvidence {
                handoff_before: Some(before.into()),
                handoff_after: Some(insert(
                    Some(before.into()),
                    &TERMS.handoff.heading,
                    text.as_bstr(),
                )),
                changed_paths: vec![HANDOFF.into()],
                logs: numbers.iter().map(|number| log(number, "log\n")).collect(),
                archives: Vec::new(),
                object: BString::default(),
            },
        }
    }

    fn with_message(mut self, from: &str, to: &str) -> Self {
        assert!(self.message.contains(from));
        self.message = self.message.replace(from, to);
        self
    }

    fn with_text(mut self, from: &str, to: &str) -> Self {
        let text = self.evidence.handoff_after.unwrap().to_string();
        assert!(text.contains(from));
        self.evidence.handoff_after = Some(text.replacen(from, to, 1).into());
        self
    }

    fn line_of(&self, start: &str) -> String {
        let line = self.message.lines().find(|line| line.starts_with(start));
        format!("{}\n", line.unwrap())
    }

    /// What is wrong with it when its maker seals it.
    fn reasons(&self) -> Vec<ProofError> {
        self.reasons_under(&TERMS)
    }

    fn reasons_under(&self, terms: &Terms<'_>) -> Vec<ProofError> {
        let unsealed = format!("tree x\n\n{}", self.message);
        let seal = seal("Baton-Seal", unsealed.as_str().into());
        self.reasons_sealed(terms, &seal, &(unsealed + &seal))
    }

    /// What is wrong with it where these lines of its message are the seal, and this the object.
    fn reasons_sealed(&self, terms: &Terms<'_>, seal: &str, object: &str) -> Vec<ProofError> {
        let message = format!("{}{seal}", self.message);
        let trailers: Vec<_> =
            crate::model::trailers::trailers(message.as_str().into(), &[]).collect();
        let parents = vec![parent(); self.parents];
        let claim = Claim {
            trailers: &trailers,
            parents: &parents,
            change: self.change.as_ref(),
            evidence: &AggregateEvidence {
                object: object.into(),
                ..self.evidence.clone()
            },
        };
        check_proof(&claim, terms)
    }

    fn reason(&self) -> ProofError {
        let mut reasons = self.reasons();
        assert_eq!(reasons.len(), 1, "{reasons:#?}");
        reasons.remove(0)
    }
}

#[test]
fn a_genuine_aggregate_passes() {
    assert_eq!(Commit::genuine().reasons(), []);
    let crlf = BEFORE.replace('\n', "\r\n");
    assert_eq!(Commit::aggregating(&crlf, &["19"]).reasons(), []);
    assert_eq!(Commit::aggregating("", &["19", "8"]).reasons(), []);
    let dated = Commit::genuine()
        .with_message("Session: 19", "Session: 2025-12-18/19")
        .with_message("Summary: 20", "Summary: 2025-12-18/20");
    assert_eq!(dated.reasons(), []);
    let mut several_logs = Commit::genuine();
    let mut other_day = log("19", "log\n");
    other_day.session = SessionId::parse("2025-11-01/19").unwrap();
    several_logs.evidence.logs.push(other_day);
    assert_eq!(several_logs.reasons(), []);
}

#[test]
fn anything_but_one_parent_is_refused() {
    for parents in [0, 2, 50] {
        let mut commit = Commit::genuine();
        commit.parents = parents;
        assert_eq!(commit.reason(), ProofError::Parents(parents));
    }
}

#[test]
fn the_version_is_one_and_known() {
    let wrong = Commit::genuine().with_message("Aggregate: 1", "Aggregate: 2");
    assert_eq!(wrong.reason(), ProofError::Version("2".into()));
    for (to, count) in [("", 0), ("Baton-Aggregate: 1\nbaton-aggregate: 1\n", 2)] {
        let commit = Commit::genuine().with_message("Baton-Aggregate: 1\n", to);
        let key = "Baton-Aggregate".into();
        assert_eq!(commit.reason(), ProofError::Count { key, count });
    }
}

#[test]
fn another_file_along_is_refused() {
    let mut commit = Commit::genuine();
    commit.evidence.changed_paths.push("src/lib.rs".into());
    assert_eq!(commit.reason(), ProofError::OtherPath("src/lib.rs".into()));
}

#[test]
fn the_handoff_file_must_change_and_stay_a_file() {
    let mut same = Commit::genuine();
    same.change = None;
    same.evidence.handoff_after = same.evidence.handoff_before.clone();
    same.evidence.changed_paths.clear();
    assert_eq!(same.reason(), ProofError::HandoffUnchanged);

    let mut gone = Commit::genuine();
    gone.change.as_mut().unwrap().after = None;
    gone.evidence.handoff_after = None;
    assert_eq!(gone.reason(), ProofError::HandoffDeleted);

    for after in [0o120_000, 0o100_755] {
        let mut commit = Commit::genuine();
        commit.change.as_mut().unwrap().after.as_mut().unwrap().mode = after;
        let expected = 0o100_644;
        assert_eq!(commit.reason(), ProofError::Mode { expected, after });
    }
}

#[test]
fn what_is_no_file_does_not_become_one() {
    let mut commit = Commit::genuine();
    let change = commit.change.as_mut().unwrap();
    change.before[0].as_mut().unwrap().mode = 0o120_000;
    assert_eq!(commit.reason(), ProofError::NoFile(HANDOFF.into()));
}

#[test]
fn old_text_must_stay() {
    let changed = |line| ProofError::Insertion(ExtractError::Changed { line });
    let intro = Commit::genuine().with_text("intro", "Intro");
    assert_eq!(intro.reason(), changed(3));
    let entry = Commit::genuine().with_text("\nwork\n", "\nplay\n");
    assert_eq!(entry.reason(), changed(10));
    let deleted = Commit::genuine().with_text("\nwork\n", "\n");
    assert_eq!(deleted.reason(), changed(10));
}

#[test]
fn text_beside_the_entry_is_refused() {
    let end = Commit::genuine().with_text("\nwork\n", "\nwork\nextra\n");
    assert!(matches!(
        end.reason(),
        ProofError::Insertion(ExtractError::Changed { line: 10 })
    ));
    let above = Commit::genuine().with_text("Work\n\n###", "Work\n\nextra\n\n###");
    assert!(matches!(
        above.reason(),
        ProofError::Entry(ParseError::Line { line: 1, .. })
    ));
    for hidden in ["<!-- x -->\n", "### Other\n", "#### Session 21: Other\nx\n"] {
        let commit = Commit::genuine().with_text("\n### Older", &format!("{hidden}\n### Older"));
        assert_ne!(commit.reasons(), [], "{hidden}");
    }
    let blank = Commit::genuine().with_text("\n### Older", "\n \n### Older");
    assert!(matches!(blank.reason(), ProofError::Entry(_)));
}

#[test]
fn an_entry_elsewhere_is_refused() {
    let mut commit = Commit::genuine();
    let good = commit.evidence.handoff_after.take().unwrap().to_string();
    let entry = good
        .replace("# Handoff\n\nintro\n\n## Recent Work\n\n", "")
        .replace("### Older\n\n#### Session 7: Old\nwork\n", "");
    commit.evidence.handoff_after = Some(format!("{BEFORE}\n{entry}").into());
    assert!(matches!(
        commit.reason(),
        ProofError::Insertion(ExtractError::Misplaced { line: 10, .. })
    ));
}

#[test]
fn line_endings_must_be_the_documents() {
    let crlf = BEFORE.replace('\n', "\r\n");
    let lf_line = Commit::aggregating(&crlf, &["19"]).with_text("a list\r\n", "a list\n");
    assert!(matches!(
        lf_line.reason(),
        ProofError::Insertion(ExtractError::LineEnding { .. })
    ));
    let crlf_line = Commit::genuine().with_text("a list\n", "a list\r\n");
    assert!(matches!(crlf_line.reason(), ProofError::Entry(_)));
    let mut rewritten = Commit::genuine();
    let text = rewritten.evidence.handoff_after.take().unwrap().to_string();
    rewritten.evidence.handoff_after = Some(text.replace('\n', "\r\n").into());
    assert!(matches!(
        rewritten.reason(),
        ProofError::Insertion(ExtractError::Changed { line: 1 })
    ));
}

#[test]
fn message_and_entry_name_the_same_sessions_in_order() {
    let differ = |message: &str| ProofError::Sessions {
        message: message.into(),
        entry: "19, 20".into(),
    };
    let swapped = Commit::genuine()
        .with_message("Session: 19", "Session: x")
        .with_message("Session: 20", "Session: 19")
        .with_message("Session: x", "Session: 20");
    assert_eq!(swapped.reason(), differ("20, 19"));
    let missing = Commit::genuine().with_message("Baton-Session: 20\n", "");
    assert_eq!(missing.reason(), differ("19"));
}

#[test]
fn no_session_comes_twice() {
    let message = Commit::genuine().with_message(
        "Session: 20\n",
        "Session: 20\nBaton-Session: 2025-12-18/20\n",
    );
    assert!(
        message
            .reasons()
            .contains(&ProofError::SessionTwice("20".into()))
    );
    let before = Commit::aggregating(BEFORE, &["19", "7"]);
    assert_eq!(before.reason(), ProofError::Repeated("7".into()));
    let entry = Commit::genuine()
        .with_text("Sessions 19, 20", "Sessions 19, 19")
        .with_text("Session 20", "Session 19");
    assert!(matches!(
        entry.reason(),
        ProofError::Entry(ParseError::Content(_))
    ));
}

#[test]
fn each_session_needs_its_own_log() {
    let mut unread = Commit::genuine();
    unread.evidence.logs[0].text = None;
    assert!(matches!(unread.reason(), ProofError::NoLog(_)));
    let mut commit = Commit::genuine();
    commit.evidence.logs.remove(0);
    let session = SessionId::new(None, "19").unwrap();
    assert_eq!(commit.reason(), ProofError::NoLog(session));
    let other_day = Commit::genuine().with_message("Session: 19", "Session: 2025-12-17/19");
    assert!(matches!(other_day.reason(), ProofError::NoLog(_)));
}

#[test]
fn a_log_that_names_a_summary_binds_its_session_to_it() {
    let digest = Commit::genuine().line_of("Baton-Summary: 19");
    let digest = digest.rsplit(' ').next().unwrap();
    let own = format!("# Log\n\n**Summary**: {digest}more\n");
    let bound = |logs: &[SessionLog]| {
        let mut commit = Commit::genuine();
        commit.evidence.logs.extend_from_slice(logs);
        commit.reasons()
    };
    assert_eq!(bound(&[log("19", &own)]), []);
    let other = |named: &str| format!("**Summary**: sha256:{named}\n");
    for text in [
        other(&"0".repeat(64)),
        other(""),
        own.to_uppercase()
            .replace("**SUMMARY**: SHA", "**Summary**: sha"),
        format!("{own}{}", other("x")),
    ] {
        let mut elsewhere = log("19", &text);
        assert!(matches!(
            bound(&[elsewhere.clone()])[..],
            [ProofError::OtherSummary { .. }]
        ));
        elsewhere.session = SessionId::parse("1999-01-01/19").unwrap();
        let both = bound(&[log("19", &own), elsewhere]);
        assert!(
            matches!(both[..], [ProofError::OtherSummary { .. }]),
            "{both:?}"
        );
    }
    assert_eq!(
        bound(&[log("7", &other("x"))]),
        [],
        "no session of this aggregate"
    );
}

#[test]
fn a_policy_can_ask_that_every_log_names_its_summary() {
    let terms = Terms {
        bound: true,
        ..*TERMS
    };
    let mut commit = Commit::genuine();
    let named = |commit: &Commit, number: &str| {
        let line = commit.line_of(&format!("Baton-Summary: {number}"));
        format!("**Summary**: {}", line.rsplit(' ').next().unwrap())
    };
    let text = named(&commit, "19");
    commit.evidence.logs[0].text = Some(text.into());
    let unbound = SessionId::parse("20").unwrap();
    assert_eq!(commit.reasons_under(&terms), [ProofError::Unbound(unbound)]);
    let text = named(&commit, "20");
    commit.evidence.logs[1].text = Some(text.into());
    assert_eq!(commit.reasons_under(&terms), []);
}

#[test]
fn digests_and_summaries_match_one_to_one() {
    let digest = Commit::genuine().line_of("Baton-Summary: 19");
    let missing = Commit::genuine().with_message(&digest, "");
    assert_eq!(missing.reason(), ProofError::NoDigest("19".into()));
    for surplus in [digest.clone(), digest.replace(" 19 ", " 21 ")] {
        let commit = Commit::genuine().with_message(&digest, &format!("{digest}{surplus}"));
        assert!(matches!(commit.reason(), ProofError::SurplusDigest(_)));
    }
    let upper = digest
        .to_uppercase()
        .replace("BATON-SUMMARY", "Baton-Summary");
    for wrong in [
        Commit::genuine().with_text("what 19 did", "what 19 did not"),
        Commit::genuine().with_message(&digest, &upper),
    ] {
        assert!(matches!(wrong.reason(), ProofError::Digest { .. }));
    }
}

#[test]
fn trailers_are_read_strictly() {
    for (from, to) in [
        ("Session: 19", "Session: 019"),
        ("Session: 19", "Session: Session 19"),
        ("Session: 19", "Session: 19, 20"),
        ("Summary: 19 ", "Summary: 19"),
    ] {
        let commit = Commit::genuine().with_message(from, to);
        let refused = |error: &ProofError| matches!(error, ProofError::Trailer { .. });
        assert!(commit.reasons().iter().any(refused), "{to}");
    }
}

#[test]
fn a_date_must_be_a_day() {
    let commit = Commit::genuine().with_text("(2025-12-18)", "(2025-12-32)");
    assert!(matches!(
        commit.reason(),
        ProofError::Entry(ParseError::Content(_))
    ));
}

#[test]
fn an_open_code_block_above_must_not_swallow_the_entry() {
    let commit = Commit::aggregating("# T\n\n```\nnever closed\n", &["19"]);
    assert_eq!(commit.reason(), ProofError::Swallowed);
}

#[test]
fn a_copy_on_another_parent_is_refused() {
    let base = Commit::genuine().line_of("Baton-Base");
    let elsewhere = Commit::genuine().with_message(&parent().to_string(), &"a".repeat(40));
    assert!(matches!(elsewhere.reason(), ProofError::Base { .. }));
    for (to, count) in [(String::new(), 0), (format!("{base}{base}"), 2)] {
        let commit = Commit::genuine().with_message(&base, &to);
        let key = "Baton-Base".into();
        assert_eq!(commit.reason(), ProofError::Count { key, count });
    }
}

#[test]
fn the_seal_is_over_every_other_byte() {
    let commit = Commit::genuine();
    let unsealed = format!("tree x\ncommitter a <a> 1 +0000\n\n{}", commit.message);
    let line = seal("Baton-Seal", unsealed.as_str().into());
    let reasons = |seal: &str, object: &str| commit.reasons_sealed(&TERMS, seal, object);
    let sealed = format!("{unsealed}{line}");
    assert_eq!(reasons(&line, &sealed), []);
    for altered in [
        sealed.replace("1 +0000", "2 +0000"),
        sealed.replace("Aggregate\n", "aggregate\n"),
        sealed.replace("tree x", "tree y"),
        format!("{sealed}\n"),
        sealed.trim_end().to_owned(),
        sealed.replace("Baton-Seal", "baton-seal"),
        format!("Baton-Seal: x\n{sealed}"),
        unsealed.clone(),
    ] {
        assert_eq!(reasons(&line, &altered), [ProofError::Seal], "{altered}");
    }
    for (lines, count) in [(String::new(), 0), (format!("{line}{line}"), 2)] {
        let key = "Baton-Seal".to_owned();
        let reasons = reasons(&lines, &format!("{unsealed}{lines}"));
        assert_eq!(reasons, [ProofError::Count { key, count }]);
    }
}

const ARCHIVE: &str = ".agents/archive/HANDOFF-2025-12-18.md";

static SPARING: LazyLock<Handoff> = LazyLock::new(|| {
    let mut handoff = POLICY.handoff.clone();
    handoff.budget.keep_entries = Some(1);
    handoff
});

/// What is wrong with it where the policy keeps one entry.
fn sparing(commit: &Commit) -> Vec<ProofError> {
    commit.reasons_under(&Terms {
        handoff: &SPARING,
        ..*TERMS
    })
}

/// An aggregate on top of one that added session 8, whose entry it archives.
fn archiving() -> Commit {
    let older = Commit::aggregating(BEFORE, &["8"]).evidence;
    let before = older.handoff_after.unwrap();
    let trimmed = crate::handoff::take_oldest(
        before.as_bstr(),
        "## Recent Work",
        &TERMS.handoff.wording,
        1,
    )
    .unwrap();
    let mut commit = Commit::aggregating(&trimmed.document.to_string(), &["19"])
        .with_message("\n\n", &format!("\n\nBaton-Archive: 1 {ARCHIVE}\n"));
    commit.evidence.handoff_before = Some(before);
    commit.evidence.changed_paths.push(ARCHIVE.into());
    commit.evidence.archives.push(ArchiveFile {
        path: ARCHIVE.into(),
        before: None,
        after: Some(crate::handoff::archived(
            None,
            "## Recent Work",
            &trimmed.taken,
        )),
        mode_before: None,
        mode_after: Some(0o100_644),
    });
    commit
}

#[test]
fn old_entries_go_to_the_archive_of_the_day_whole() {
    assert_eq!(sparing(&archiving()), []);
    let elsewhere = archiving().with_message("HANDOFF-2025-12-18", "HANDOFF-2025-12-19");
    let refused = sparing(&elsewhere);
    let archive_path = |error: &ProofError| matches!(error, ProofError::ArchivePath { .. });
    assert!(refused.iter().any(archive_path), "{refused:?}");

    let mut changed = archiving();
    let text = changed.evidence.archives[0]
        .after
        .take()
        .unwrap()
        .to_string();
    changed.evidence.archives[0].after = Some(text.replace("what 8 did", "nothing").into());
    assert_eq!(sparing(&changed), [ProofError::Archive(ARCHIVE.into())]);
    let mut lost = archiving();
    lost.evidence.archives.clear();
    assert_eq!(sparing(&lost), [ProofError::Archive(ARCHIVE.into())]);
    let mut link = archiving();
    link.evidence.archives[0].mode_after = Some(0o120_000);
    assert_eq!(sparing(&link), [ProofError::Archive(ARCHIVE.into())]);
    let mut link_before = archiving();
    link_before.evidence.archives[0].mode_before = Some(0o120_000);
    assert_eq!(sparing(&link_before), [ProofError::Archive(ARCHIVE.into())]);

    let too_many = archiving().with_message("Archive: 1", "Archive: 2");
    assert!(sparing(&too_many).contains(&ProofError::TooFewEntries(2)));
    for wrong in ["Archive: 0", "Archive: 01", "Archive: one"] {
        let commit = archiving().with_message("Archive: 1", wrong);
        let refused = |error: &ProofError| matches!(error, ProofError::Trailer { .. });
        assert!(sparing(&commit).iter().any(refused), "{wrong}");
    }
    let silent = archiving().with_message(&archiving().line_of("Baton-Archive"), "");
    assert!(sparing(&silent).contains(&ProofError::OtherPath(ARCHIVE.into())));
}

#[test]
fn as_many_entries_are_moved_as_the_budget_asks_for() {
    assert_eq!(
        archiving().reason(),
        ProofError::Budget { moved: 1, due: 0 }
    );
    let older = Commit::aggregating(BEFORE, &["8"]).evidence;
    let before = older.handoff_after.unwrap().to_string();
    let none = sparing(&Commit::aggregating(&before, &["19"]));
    assert_eq!(none, [ProofError::Budget { moved: 0, due: 1 }]);
}

#[test]
fn a_session_in_an_archive_is_aggregated_already() {
    let mut commit = Commit::genuine();
    let archive = "## Recent Work\n\n### Old\n\n#### Session 20: t\nx\n";
    commit.evidence.archives.push(ArchiveFile {
        path: ".agents/archive/HANDOFF-2025-01-01.md".into(),
        before: Some(archive.into()),
        after: Some(archive.into()),
        mode_before: Some(0o100_644),
        mode_after: Some(0o100_644),
    });
    assert_eq!(commit.reason(), ProofError::Repeated("20".into()));
}
