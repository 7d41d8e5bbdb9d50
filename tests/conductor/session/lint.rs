//! `git baton session lint`.

use crate::session::scene::session;
use baton_testkit::gits::gits;
use baton_testkit::{Fixture, Make, write_below};

#[test]
fn a_log_is_linted_outside_any_repository() {
    let fixture = Fixture::empty(&gits()[0], Make::default());
    let text = "# Session 1\n\n| Req | Step | Status | Evidence |\n|---|---|---|---|\n| MUST | Read it | [ ] | |\n";
    write_below(fixture.dir(), "log.md", text);
    let ran = session(&fixture, fixture.dir(), &["lint", "log.md"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out
            .starts_with("log.md:5:20: error: MUST \"Read it\" is not ticked\n"),
        "{ran:#?}"
    );
    write_below(
        fixture.dir(),
        "log.md",
        &text.replace("[ ] | |", "[x] | done |"),
    );
    assert_eq!(
        session(&fixture, fixture.dir(), &["lint", "log.md"]).code,
        0
    );
}
