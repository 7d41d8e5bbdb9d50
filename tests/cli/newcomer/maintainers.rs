//! Who may change the rules, from the first commit on.

use super::{Newcomer, commands};

#[test]
fn the_only_key_is_taken_and_told() {
    let new = Newcomer::new("main", &["ann"]);
    let printed = new.sh("git baton init --guard-only");
    assert!(
        printed.contains("maintainer ann@example.org, by "),
        "{printed}"
    );
    assert!(
        printed.contains("/.ssh/id_ann.pub, the only SSH key here"),
        "{printed}"
    );
    let list = new.sandbox.read(".baton/allowed_signers");
    assert!(
        list.contains("\nann@example.org namespaces=\"git\" ssh-ed25519 "),
        "{list}"
    );
}

#[test]
fn of_several_keys_the_one_that_signs_is_taken_and_otherwise_each_is_named() {
    let new = Newcomer::new("main", &["ann", "bob"]);
    let undecided = new.try_sh("git baton init --guard-only");
    assert_eq!(
        (undecided.code, undecided.out.as_str()),
        (2, ""),
        "{undecided:?}"
    );
    assert!(!new.sandbox.repo().join("baton.toml").exists());
    let words: Vec<_> = undecided.err.lines().map(str::trim).collect();
    let command = words.iter().find(|line| {
        line.starts_with("git baton init --guard-only --signer") && line.ends_with("id_bob.pub")
    });
    new.sh(command.unwrap_or_else(|| panic!("{undecided:?}")));
    assert!(
        new.sandbox
            .read(".baton/allowed_signers")
            .contains("\nbob@example.org ")
    );

    let new = Newcomer::new("main", &["ann", "bob"]);
    new.sh("git config user.signingkey ~/.ssh/id_bob.pub");
    let printed = new.sh("git baton init --guard-only");
    assert!(printed.contains("bob@example.org"), "{printed}");
    assert!(
        printed.contains("the key with which git signs here"),
        "{printed}"
    );
}

#[test]
fn a_key_may_be_given_as_git_has_it() {
    let new = Newcomer::new("main", &["ann", "bob"]);
    new.sh("git baton init --guard-only --signer \"key::$(cat ~/.ssh/id_bob.pub)\"");
    assert!(
        new.sandbox
            .read(".baton/allowed_signers")
            .contains("\nbob@example.org ")
    );
}

#[test]
fn without_a_key_rules_that_can_never_change_are_asked_for_by_name() {
    let new = Newcomer::new("main", &[]);
    let undecided = new.try_sh("git baton init");
    assert_eq!(
        (undecided.code, undecided.out.as_str()),
        (2, ""),
        "{undecided:?}"
    );
    let words: Vec<_> = undecided.err.split_whitespace().collect();
    let words = words.join(" ");
    for told in [
        "ssh-keygen -t ed25519",
        "`git baton init --frozen`",
        "can never change after their first commit",
    ] {
        assert!(words.contains(told), "{undecided:?}");
    }
    let typed = new.follow("git baton init --frozen", "git baton install");
    assert_eq!(typed.len(), 3, "{typed:?}");
}

#[test]
fn a_typo_in_the_first_policy_is_told_before_anything_is_guarded() {
    let new = Newcomer::new("main", &["ann"]);
    new.sh(
        "git baton init --guard-only && printf '[sessions]\\nmax_per_comit = 2\\n' >>baton.toml",
    );
    new.sh("git add -A && git commit -qm Rules");
    let refused = new.try_sh("git baton install");
    assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
    for told in [
        "did you mean `max_per_commit`",
        "mend the policy, commit it",
    ] {
        assert!(refused.err.contains(told), "{told}: {refused:?}");
    }
    // Which is what the refusal says to do.
    new.sh("sed -i s/comit/commit/ baton.toml && git commit -qam 'Mend the rules' && git baton install");
    new.sh("git branch n && git commit -q --allow-empty -m more && git baton verify --all");
}

#[test]
fn frozen_rules_say_what_needs_no_signature() {
    let new = Newcomer::new("main", &[]);
    new.follow("git baton init --frozen --guard-only", "git baton install");
    new.sh("printf '[sessions]\\nmax_per_commit = 2\\n' >>baton.toml");
    let refused = new.try_sh("git commit -qam x");
    assert_ne!(refused.code, 0);
    for told in [
        "committed without a maintainer",
        "settings need no signature",
        "`git config baton.pool.size 3`",
    ] {
        assert!(refused.err.contains(told), "{told}: {refused:?}");
    }
    new.sh("git restore --staged --worktree baton.toml");
    new.sh("git config baton.pool.size 3 && git baton orchestrator pool init");
    new.sh("printf '[pool]\\nsize = 2\\n' >baton.settings.toml && git add -A && git commit -qm Settings");
}

#[test]
fn no_maintainer_is_taken_off_the_list_in_silence() {
    let new = Newcomer::new("main", &[]);
    new.sh("ssh-keygen -q -t ed25519 -N '' -f ../key && git baton init --signer ../key.pub");
    let told = new.sh("git baton init --frozen 2>&1");
    assert!(told.contains("`--frozen` changes nothing"), "{told}");
    new.sh("rm .baton/allowed_signers && git baton init --frozen");
    assert_eq!(new.sh("ls .baton 2>/dev/null || true"), "");
}

#[test]
fn rules_that_wait_in_the_worktree_get_their_maintainer() {
    let new = Newcomer::new("main", &["ann"]);
    new.sh("printf 'version = 1\\n' >baton.toml && git baton init --guard-only");
    assert!(new.sandbox.read(".baton/allowed_signers").contains("ann@"));
    assert_eq!(new.sandbox.read("baton.toml"), "version = 1\n");
}

#[test]
fn a_key_that_git_does_not_sign_with_yet_is_told_with_the_settings() {
    let new = Newcomer::new("main", &["ann"]);
    let printed = new.sh("git baton init --guard-only");
    let (_, told) = printed.split_once("after `").unwrap();
    let (settings, _) = told.split_once('`').unwrap();
    new.sh("git add -A && git commit -qm Rules && git baton install");
    new.sh(settings);
    new.sh("printf '# ours\\n' >>baton.toml && git commit -qS -am Remark");
}

#[test]
fn a_maintainer_is_added_as_it_is_printed() {
    let new = Newcomer::new("main", &["ann", "bob"]);
    new.sh("git config gpg.format ssh && git config user.signingkey ~/.ssh/id_ann.pub");
    new.follow("git baton init --guard-only", "git baton install");
    new.sh("printf '# ours\\n' >>baton.toml && git commit -qS -am Remark");
    let told = new.try_sh("git baton init --guard-only --signer ~/.ssh/id_bob.pub");
    assert!(!told.out.contains("--force"), "{told:?}");
    for line in commands(&told.out) {
        new.sh(line);
    }
    new.sh("git config user.signingkey ~/.ssh/id_bob.pub");
    new.sh("printf '# theirs\\n' >>baton.toml && git commit -qS -am Remark");
    assert!(
        new.sandbox
            .read("baton.toml")
            .contains("# ours\n# theirs\n")
    );
}

#[test]
fn rules_that_nobody_could_change_again_do_not_come_in() {
    let mistakes = [
        "printf '[signing]\\nmaintainers = [\"me\"]\\n' >>baton.toml",
        ": >.baton/allowed_signers",
        "printf '[signing]\\nmaintainers = [\"ann@example.org\"]\\n' >>baton.toml; git add baton.toml; git rm -qf --cached .baton/allowed_signers; rm .baton/allowed_signers",
        "printf '[signing]\\nallowed_signers = \"nope\"\\n' >>baton.toml",
        "ssh-keygen -q -t rsa -b 1024 -N '' -f short; printf 'ann@example.org %s\\n' \"$(cut -d' ' -f1,2 short.pub)\" >.baton/allowed_signers; rm short short.pub",
        "sed -i 's/namespaces=/valid-before=\"20200101\",namespaces=/' .baton/allowed_signers",
    ];
    for mistake in mistakes {
        let new = Newcomer::new("main", &["ann"]);
        new.sh("git config gpg.format ssh && git config user.signingkey ~/.ssh/id_ann.pub");
        new.sh("git baton init --guard-only");
        let first = format!(
            "cp -r . ../first && cd ../first && {mistake} && git add -A && git baton install"
        );
        new.sh(&first);
        let ran = new.try_sh("cd ../first && git commit -qm Rules");
        assert!(
            ran.err.contains("nobody could ever change"),
            "{mistake}: {ran:?}"
        );

        new.sh("git add -A && git commit -qm Rules && git baton install && git branch before");
        new.sh(mistake);
        for line in ["git baton policy check", "git commit -qS -am Mistake"] {
            let ran = new.try_sh(line);
            assert_ne!(ran.code, 0, "{mistake}: {ran:?}");
            assert!(
                ran.err.contains("nobody could ever change"),
                "{mistake}: {ran:?}"
            );
        }
        new.sh("git -c core.hooksPath=/dev/null commit -qS -am Mistake");
        let ran = new.try_sh("git baton policy check --at HEAD");
        assert!(
            ran.err.contains("nobody could ever change"),
            "{mistake}: {ran:?}"
        );
        let ran = new.try_sh("git baton verify before..HEAD");
        assert_eq!(ran.code, 2, "{mistake}: {ran:?}");
    }
}

#[test]
fn maintainers_stay_as_long_as_the_rules_name_them() {
    for (gone, is_refused) in [
        ("git rm -q .baton/allowed_signers", true),
        ("git mv .baton/allowed_signers .baton/signers", true),
        (
            "git rm -q .baton/allowed_signers && printf 'version = 1\\n' >baton.toml && git add baton.toml",
            false,
        ),
    ] {
        let new = Newcomer::new("main", &["ann"]);
        new.sh("git config gpg.format ssh && git config user.signingkey ~/.ssh/id_ann.pub");
        new.sh("git baton init --guard-only");
        new.sh("printf '[signing]\\nmaintainers = [\"ann@example.org\"]\\n' >>baton.toml");
        new.sh("git add -A && git commit -qm Rules && git baton install");
        new.sh(gone);
        let ran = new.try_sh("git commit -q -S -m Gone");
        let told = ran.err.contains("nobody could ever change");
        assert_eq!(
            (ran.code != 0, told),
            (is_refused, is_refused),
            "{gone}: {ran:?}"
        );
    }
}
