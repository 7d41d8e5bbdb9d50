//! What users see of commands that need no repository, as transcripts in `tests/cmd`. Those that
//! need one build it themselves: `verify.rs`, `init.rs`, `session.rs`, `install/`, `aggregate/`.

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
