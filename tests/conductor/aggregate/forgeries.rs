//! Commits that look like an aggregate, made with plain git, and what `verify` says of them on a
//! clone that never saw them made.

use crate::aggregate::signing::signed_world;
use crate::aggregate::support::{HANDOFF, World};

/// A genuine aggregate of sessions 19 and 20, after which a test forges another.
pub fn genuine() -> World {
    let world = World::new("");
    world.agents(&[19, 20]);
    world.aggregated(&["--date", "2025-12-18"]);
    world.assert_verified();
    world
}

fn assert_refused(world: &World, why: &str) {
    let (code, said) = world.verify_clone();
    assert_eq!(code, 1, "{said}");
    let words: Vec<_> = said.split_whitespace().collect();
    assert!(words.join(" ").contains(why), "{said}");
}

/// The genuine commit again, on its parent, with another tree or message, and the seal that fits.
fn remade(world: &World, change: impl Fn(&World), message: impl Fn(String) -> String) {
    let text = message(world.git(&["log", "-1", "--format=%B"]));
    change(world);
    world.remake(&text);
}

fn replace(path: &str, from: &str, to: &str) -> impl Fn(&World) {
    let (path, from, to) = (path.to_owned(), from.to_owned(), to.to_owned());
    move |world| {
        let text = world.read(&path);
        assert!(text.contains(&from));
        world.write(&path, &text.replacen(&from, &to, 1));
    }
}

#[test]
fn the_same_commit_made_by_plain_git_is_as_good() {
    let world = genuine();
    remade(&world, |_| {}, |message| message);
    world.assert_verified();
}

#[test]
fn an_extra_line_is_refused() {
    let world = genuine();
    remade(
        &world,
        replace(HANDOFF, "\n## Next", "\nextra\n## Next"),
        |message| message,
    );
    assert_refused(&world, "the commit says that it is an aggregate, but");
}

#[test]
fn a_changed_old_entry_is_refused() {
    let world = genuine();
    remade(
        &world,
        replace(HANDOFF, "\nwork\n", "\nplay\n"),
        |message| message,
    );
    assert_refused(&world, "of the old text is changed");
}

#[test]
fn a_session_that_never_started_is_refused() {
    let world = genuine();
    let digest = |message: String| {
        message
            .replace("Session: 20", "Session: 77")
            .replace("Summary: 20", "Summary: 77")
    };
    let change = |world: &World| {
        replace(HANDOFF, "Sessions 19, 20", "Sessions 19, 77")(world);
        replace(HANDOFF, "Session 20:", "Session 77:")(world);
    };
    remade(&world, change, digest);
    assert_refused(&world, "session 77 has no session log");
}

#[test]
fn a_session_twice_is_refused() {
    let world = genuine();
    let change = |world: &World| {
        replace(HANDOFF, "Sessions 19, 20", "Sessions 19, 7")(world);
        replace(HANDOFF, "Session 20:", "Session 7:")(world);
    };
    remade(&world, change, |message| message.replace(": 20", ": 7"));
    assert_refused(&world, "session 7 is in the handoff file already");
}

#[test]
fn a_digest_that_does_not_match_is_refused() {
    let world = genuine();
    remade(
        &world,
        replace(HANDOFF, "Did part 20", "Did it all"),
        |message| message,
    );
    assert_refused(&world, "the summary of session 20 has the digest");
}

/// The summary of session 20 in the entry, and the digest that fits it.
fn with_summary(world: &World, summary: &str) {
    let genuine = "##### Summary\n\n- Did part 20\n";
    let digests = [genuine, summary].map(|text| baton_core::handoff::digest(text.into()));
    remade(world, replace(HANDOFF, genuine, summary), |message| {
        assert!(message.contains(&digests[0]));
        message.replace(&digests[0], &digests[1])
    });
}

#[test]
fn a_summary_that_reaches_beyond_its_section_is_refused() {
    for (summary, why) in [
        ("Session 21\n===\n", "is a heading of level 1"),
        (
            "a\n\nSession 21\n  ---\n",
            "line 3 of the summary is a heading of level 2",
        ),
        ("- # Session 21\n", "is a heading of level 1"),
        ("> Session 21\n> ---\n", "is a heading of level 2"),
        (
            "a\n      ```\n# b\n      ```\n",
            "line 3 of the summary is a heading",
        ),
        ("<!--\n", "line 1 of the summary holds HTML"),
        ("a\n<script>\n", "line 2 of the summary holds HTML"),
        ("a <details> b\n", "holds HTML"),
        ("<pre>\n", "holds HTML"),
        ("<![CDATA[\n", "holds HTML"),
        ("<?php\n", "holds HTML"),
        ("<!X\n", "holds HTML"),
        ("a\n\n- <textarea>\n", "line 3 of the summary holds HTML"),
        (
            "[work]: https://elsewhere\n",
            "defines a link or a footnote",
        ),
        ("[^1]: elsewhere *b*\n", "defines a link or a footnote"),
        (
            "- ```\n  a\n```\n",
            "take what follows the summary for a part of it",
        ),
    ] {
        let world = genuine();
        with_summary(&world, summary);
        assert_refused(&world, why);
    }
}

#[test]
fn a_summary_of_any_words_within_its_section_is_as_good() {
    let world = genuine();
    with_summary(
        &world,
        "##### Other\n\n---\n- `<b>` <br>\n\n```\n<!--\n```\n",
    );
    world.assert_verified();
}

#[test]
fn a_title_with_html_is_refused() {
    let world = genuine();
    let title = replace(HANDOFF, "20: Part 20", "20: <textarea>");
    remade(&world, title, |message| message);
    assert_refused(&world, "the title of session 20 holds HTML");
}

#[test]
fn another_file_along_is_refused() {
    let world = genuine();
    let more = |world: &World| world.write("more.rs", "more\n");
    remade(&world, more, |message| message);
    assert_refused(&world, "it changes `more.rs`");
}

#[test]
fn an_amended_copy_is_refused() {
    for args in [&["-m", "Other words"][..], &["--no-edit"]] {
        let world = genuine();
        let message = world.git(&["log", "-1", "--format=%B"]);
        let mut amend = world.command("git", world.main());
        amend.env("GIT_COMMITTER_DATE", "1766000100 +0000");
        amend.args(["commit", "-q", "--amend"]).args(args);
        if args[0] == "-m" {
            let trailers = message.split("\n\n").last().unwrap();
            amend.args(["-m", trailers]);
        }
        assert!(amend.output().unwrap().status.success());
        assert_refused(&world, "its seal does not fit it");
    }
}

#[test]
fn a_cherry_picked_or_rebased_copy_is_refused() {
    for rebase in [false, true] {
        let world = genuine();
        let aggregate = world.tip();
        world.git(&["checkout", "-q", "-b", "side", "HEAD^"]);
        world.write("side.txt", "side\n");
        world.commit_all("side");
        if rebase {
            world.git(&["checkout", "-q", "main"]);
            world.git(&["rebase", "-q", "side"]);
        } else {
            world.git(&["cherry-pick", &aggregate]);
            world.git(&["branch", "-q", "-f", "main", "side"]);
            world.git(&["checkout", "-q", "main"]);
        }
        assert_refused(&world, "it was made on");
    }
}

#[test]
fn a_missing_or_wrong_signature_is_refused() {
    for key in [None, Some("agent"), Some("stranger")] {
        let world = signed_world();
        world.aggregated(&["--signing-key", "../baton"]);
        world.key("stranger");
        let message = world.git(&["log", "-1", "--format=%B"]);
        let signing = key.map(|name| world.root().join(name).display().to_string());
        let config = format!("user.signingKey={}", signing.clone().unwrap_or_default());
        let mut args = vec!["-c", "gpg.format=ssh", "-c", &config, "commit-tree"];
        args.extend(["HEAD^{tree}", "-p", "HEAD^", "-m", &message]);
        if key.is_some() {
            args.push("-S");
        }
        let forged = world.git(&args);
        world.git(&["reset", "-q", "--hard", &forged]);
        assert_refused(
            &world,
            if key.is_some() {
                "its signature does not count"
            } else {
                "it is not signed"
            },
        );
    }
}

#[test]
fn a_signature_of_another_commit_is_refused() {
    let world = signed_world();
    world.aggregated(&["--signing-key", "../baton"]);
    let object = world.git(&["cat-file", "commit", "HEAD"]);
    let forged = object.replace("- Session 19", "- session 19") + "\n";
    let path = world.root().join("forged");
    std::fs::write(&path, forged).unwrap();
    let args = ["hash-object", "-w", "-t", "commit", path.to_str().unwrap()];
    let commit = world.git(&args);
    world.git(&["reset", "-q", "--hard", &commit]);
    assert_refused(&world, "does not belong to this commit");
}

#[test]
fn a_key_added_in_the_same_commit_does_not_count() {
    let world = signed_world();
    world.aggregated(&["--signing-key", "../baton"]);
    let message = world.git(&["log", "-1", "--format=%B"]);
    let key = world.key("stranger");
    let mut signers = world.read(".baton/allowed_signers");
    signers.push_str(&world.signers(&[("baton@x", &key)]));
    world.write(".baton/allowed_signers", &signers);
    world.git(&["add", "-A"]);
    let tree = world.git(&["write-tree"]);
    let config = format!("user.signingKey={}", key.display());
    let args = [
        "-c",
        "gpg.format=ssh",
        "-c",
        &config,
        "commit-tree",
        "-S",
        &tree,
        "-p",
        "HEAD^",
        "-m",
        &message,
    ];
    let forged = world.git(&args);
    world.git(&["reset", "-q", "--hard", &forged]);
    assert_refused(&world, "the list of signers does not have its key");
}

#[test]
fn the_callers_configuration_has_no_say() {
    let world = signed_world();
    world.aggregated(&["--signing-key", "../baton"]);
    let message = world.git(&["log", "-1", "--format=%B"]);
    let forged = world.git(&["commit-tree", "HEAD^{tree}", "-p", "HEAD^", "-m", &message]);
    world.git(&["reset", "-q", "--hard", &forged]);
    let all = world.root().join("all");
    std::fs::write(&all, "* ssh-ed25519 AAAA\n").unwrap();
    let path = crate::aggregate::support::BATON.path().parent().unwrap();
    let mut verify = world.command("git", world.main());
    let inherited = std::env::var("PATH").unwrap();
    verify.env("PATH", format!("{}:{inherited}", path.display()));
    verify.args(["-c", "gpg.ssh.program=true", "-c", "gpg.program=true"]);
    verify
        .arg("-c")
        .arg(format!("gpg.ssh.allowedSignersFile={}", all.display()));
    let out = verify.args(["baton", "verify", "--all"]).output().unwrap();
    assert_eq!(out.status.code(), Some(1), "{out:?}");
}
