//! Names that another file system takes for a protected one.

use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, Make};

const FULL: [&str; 4] = [
    ".agents/HANDO\u{fb00}.md",
    ".agents/HAND\u{ad}OFF.md",
    "\u{200b}.agents/HANDOFF.md",
    ".agents/\u{ff28}ANDOFF.md",
];
const DIRECTORIES: [&str; 4] = [
    ".Agents/x",
    ".AGENTS/deep/x",
    ".a\u{34f}gents/x",
    "AGENTS~1/x",
];
const POLICY: [&str; 4] = [
    "Baton.TOML/x",
    "BATON~1.TOM",
    "baton\u{200d}.toml",
    "baton.toml./deep/x",
];

/// A commit with this path is refused before it is made and where hooks are passed over.
fn refused(f: &Fixture, path: &str, rule: &str, by_index: bool) {
    f.write(path, "x\n");
    f.git(["add", "-A"]).ok();
    let before = f.state();
    let ran = f.git(["commit", "-qm", "x"]);
    ran.refused(rule);
    if by_index {
        ran.by("pre-commit");
    }
    f.git(["commit", "-nqm", "x"])
        .refused(rule)
        .by("reference-transaction");
    assert_eq!(f.state(), before, "{path}");
    f.unguarded(["reset", "-q", "--hard"]).ok();
}

#[test]
fn an_alias_of_a_protected_path_or_of_a_directory_above_it_is_refused() {
    each_git(|git| {
        let f = Fixture::new(git);
        for path in FULL.iter().chain(&DIRECTORIES) {
            // The index is read only as far as names begin as protected ones do.
            refused(
                &f,
                path,
                "protected-path",
                path.is_ascii() || path.starts_with('.'),
            );
        }
        for path in POLICY {
            refused(&f, path, "policy-change", false);
        }
    });
}

#[test]
fn what_is_in_an_alias_already_may_be_changed_and_taken_away() {
    each_git(|git| {
        let f = Fixture::empty(git, Make::default());
        for path in DIRECTORIES {
            f.write(path, "x\n");
        }
        f.write("baton.toml", "version = 1\n");
        f.git(["add", "-A"]).ok();
        f.git(["commit", "-qm", "aliases and a policy"]).ok();
        f.install();
        f.write(DIRECTORIES[0], "y\n");
        f.git(["commit", "-qam", "change"]).ok();
        f.git(["rm", "-qr", DIRECTORIES[0], DIRECTORIES[3]]).ok();
        f.git(["commit", "-qm", "take away"]).ok();
    });
}
