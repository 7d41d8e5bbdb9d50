use super::*;
use crate::policy::toml_file::TomlProblem;
use miette::Diagnostic;

/// A file, what is marked in it, and the problem it has.
type Case = (&'static str, &'static str, fn(&PolicyProblem) -> bool);

fn refused(text: &str) -> PolicyError {
    match Policy::parse("baton.toml", text.as_bytes()) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error,
    }
}

fn help(error: &PolicyError) -> String {
    error
        .help()
        .map(|help| help.to_string())
        .unwrap_or_default()
}

#[test]
fn an_error_points_at_what_is_wrong() {
    use PolicyProblem as P;
    use TomlProblem as T;
    let cases: &[Case] = &[
        ("version = = 1", "=", |p| matches!(p, P::Toml(T::Syntax(_)))),
        ("verzion = 1", "verzion", |p| {
            matches!(p, P::Toml(T::UnknownKey(_)))
        }),
        ("[handof]", "handof", |p| {
            matches!(p, P::Toml(T::UnknownKey(_)))
        }),
        ("[handoff]\nfile = 1", "file", |p| {
            matches!(p, P::Toml(T::UnknownKey(_)))
        }),
        ("[handoff]\npath = 1", "1", |p| {
            matches!(p, P::Toml(T::Type(_)))
        }),
        ("handoff = 1", "1", |p| matches!(p, P::Toml(T::Type(_)))),
        ("[[protected]]\npaths = [\"a\"]", "[[protected]]", |p| {
            matches!(p, P::Toml(T::Type(_)))
        }),
        ("version = 2", "2", |p| matches!(p, P::Version(2))),
        (
            "[[protected]]\npaths = [\"a\", \"b[\"]\nwriter = \"nobody\"",
            "\"b[\"",
            |p| matches!(p, P::PathGlob { .. }),
        ),
        (
            "[[protected]]\npaths = [\"/a\"]\nwriter = \"nobody\"",
            "\"/a\"",
            |p| matches!(p, P::PathGlob { .. }),
        ),
        (
            "[[protected]]\npaths = [\"a\"]\nwriter = \"everybody\"",
            "\"everybody\"",
            |p| matches!(p, P::Toml(T::UnknownValue(_))),
        ),
        ("[sessions]\nlogs = [\"x\"]", "\"x\"", |p| {
            matches!(p, P::SessionPattern { .. })
        }),
        (
            "[sessions]\nremote = \"--x\"",
            "\"--x\"",
            |p| matches!(p, PolicyProblem::Remote(name) if name == "--x"),
        ),
        ("[conductor]\nmin_tasks = 0", "0", |p| matches!(p, P::Zero)),
        ("[conductor]\nmax_agents = 0", "0", |p| matches!(p, P::Zero)),
        ("[sessions]\nmax_per_commit = 0", "0", |p| {
            matches!(p, P::NoSessionAllowed)
        }),
        ("[sessions]\nmax_per_commit = -1", "-1", |p| {
            matches!(p, P::Toml(T::Type(_)))
        }),
        ("[branches]\ninclude = [\"a{\"]", "\"a{\"", |p| {
            matches!(p, P::BranchGlob { .. })
        }),
        (
            "[branches]\nexclude = [\"refs/heads/a\"]",
            "\"refs/heads/a\"",
            |p| matches!(p, P::BranchGlob { .. }),
        ),
        ("[handoff]\npath = \"/a\"", "\"/a\"", |p| {
            matches!(p, P::Path { .. })
        }),
        ("[handoff]\npath = \"a/../b\"", "\"a/../b\"", |p| {
            matches!(p, P::Path { .. })
        }),
        ("[handoff]\npath = \"a*\"", "\"a*\"", |p| {
            matches!(p, P::Path { .. })
        }),
        ("[handoff]\npath = \"Baton.toml\"", "\"Baton.toml\"", |p| {
            matches!(p, P::Path { .. })
        }),
        ("[handoff]\nheading = \"x\"", "\"x\"", |p| {
            matches!(p, P::Heading(_))
        }),
        ("[handoff]\nheading = \"### x\"", "\"### x\"", |p| {
            matches!(p, P::Heading(_))
        }),
        (
            "[handoff]\nentry_title = \"{sessions}\"",
            "\"{sessions}\"",
            |p| matches!(p, P::Wording { .. }),
        ),
        ("[handoff]\nsingle_title = \"{date}\"", "\"{date}\"", |p| {
            matches!(p, P::Wording { .. })
        }),
        (
            "[handoff]\nsession_title = \"{session}{title}\"",
            "\"{session}{title}\"",
            |p| matches!(p, P::Wording { .. }),
        ),
        ("[handoff]\nagents_label = \"*\"", "\"*\"", |p| {
            matches!(p, P::Wording { .. })
        }),
        ("[trailers]\nsession = \"a b\"", "\"a b\"", |p| {
            matches!(p, P::TrailerKey(_))
        }),
        ("[trailers]\nsession = \"\"", "\"\"", |p| {
            matches!(p, P::TrailerKey(_))
        }),
        (
            "[trailers]\nsession = \"baton-summary\"",
            "\"baton-summary\"",
            |p| matches!(p, P::SameTrailerKey(_)),
        ),
        ("[signing]\naggregate = true", "true", |p| {
            matches!(p, P::Toml(T::Type(_)))
        }),
        (
            "[handoff]\npath = \".baton/Allowed_Signers\"",
            "\".baton/Allowed_Signers\"",
            |p| matches!(p, P::Path { .. }),
        ),
        (
            "[signing]\nallowed_signers = \".agents/handoff.md\"",
            "\".agents/handoff.md\"",
            |p| matches!(p, P::Path { .. }),
        ),
    ];
    for (text, marked, expected) in cases {
        let error = refused(text);
        assert!(expected(error.problem()), "{text}: {:?}", error.problem());
        assert_eq!(&text[error.span().unwrap()], *marked, "{text}");
        assert!(format!("{:?}", miette::Report::new(error)).contains("baton.toml"));
    }
}

#[test]
fn the_nearest_key_or_value_is_suggested() {
    for (text, expected) in [
        ("[handof]", "did you mean `handoff`?"),
        (
            "[sessions]\nmax_per_comit = 1",
            "did you mean `max_per_commit`?",
        ),
        (
            "[[protected]]\npaths = []\nwriter = \"maintainer\"",
            "did you mean `maintainers`?",
        ),
        (
            "[signing]\naggregate = \"require\"",
            "did you mean `required`?",
        ),
        ("[handoff]\nxyz = 1", "the keys here are `path`, `heading`"),
        ("\"a`b\" = 1", "the keys here are `version`"),
    ] {
        let error = refused(text);
        assert!(
            help(&error).starts_with(expected),
            "{text}: {}",
            help(&error)
        );
    }
}

#[test]
fn what_is_no_text_is_refused_before_it_is_read() {
    let large = vec![b'#'; MAX_POLICY_BYTES + 1];
    let error = Policy::parse("x", &large).unwrap_err();
    assert_eq!(error.problem(), &PolicyProblem::TooLarge(large.len()));
    assert!(Policy::parse("x", &large[1..]).is_ok());

    let error = Policy::parse("x", b"# \xc3\n").unwrap_err();
    assert_eq!(error.problem(), &PolicyProblem::NotUtf8);
    assert_eq!(error.span(), Some(2..5));
    assert!(!format!("{:?}", miette::Report::new(error)).is_empty());
}

#[test]
fn nesting_without_end_is_refused() {
    for text in [
        format!("version = {}", "[".repeat(100_000)),
        format!("version = {}", "{a=".repeat(100_000)),
        format!("a{} = 1", ".a".repeat(100_000)),
        format!("[a{}]", ".a".repeat(100_000)),
    ] {
        refused(&text);
    }
}
