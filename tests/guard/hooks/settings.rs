//! Settings that a policy still holds: anyone may change them, and nothing beside them.

use std::os::unix::fs::PermissionsExt;

use baton_testkit::Fixture;
use baton_testkit::gits::each_git;

const RULES: &str = "# Ours.\n[sessions]\nmax_per_commit = 1\n\n";

fn policy(size: u32) -> String {
    format!("{RULES}# How many.\n[pool]\nsize = {size}\n")
}

#[test]
fn a_frozen_policy_lets_its_settings_be_changed_and_taken_out() {
    each_git(|git| {
        let f = Fixture::with_policy(git, &policy(8));
        f.commit("baton.toml", &policy(3));
        f.write("baton.settings.toml", "[pool]\nsize = 3\n");
        f.commit("baton.toml", RULES);
        f.git(["revert", "--no-edit", "HEAD"]).ok();
        assert_eq!(f.read("baton.toml"), policy(3));
        let verified = f.baton(["verify", "before-policy..HEAD"]);
        assert_eq!(verified.code, 0, "{verified:?}");
    });
}

#[test]
fn a_rule_beside_a_setting_a_comment_and_the_mode_are_still_the_maintainers() {
    each_git(|git| {
        let f = Fixture::with_policy(git, &policy(8));
        for other in [
            policy(3).replace("= 1", "= 2"),
            policy(3).replace("# Ours.", "# Theirs."),
            policy(3).replace("size", "sise"),
            format!("{}[merge]\ndelete = false\n", policy(3)),
            format!("{}[conductor]\nagent = 'nobody'\n", policy(3)),
        ] {
            f.write("baton.toml", &other);
            f.refuses("policy-change", &["commit", "-qam", "x"])
                .by("reference-transaction");
        }
        f.write("baton.toml", &policy(3));
        let file = f.repo().join("baton.toml");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
        f.refuses("policy-change", &["commit", "-qam", "x"]);
    });
}

#[test]
fn branches_with_settings_of_their_own_are_merged() {
    each_git(|git| {
        let f = Fixture::with_policy(git, &format!("{}\n\n\n[merge]\ntest = []\n", policy(8)));
        f.git(["switch", "-qc", "side"]).ok();
        f.commit("baton.toml", &f.read("baton.toml").replace("[]", "['x']"));
        f.git(["switch", "-q", "main"]).ok();
        f.commit("baton.toml", &f.read("baton.toml").replace('8', "3"));
        f.git(["merge", "-q", "--no-edit", "side"]).ok();
        assert!(f.read("baton.toml").contains("size = 3"));
        assert!(f.read("baton.toml").contains("test = ['x']"));
        assert_eq!(f.baton(["verify", "before-policy..HEAD"]).code, 0);
    });
}
