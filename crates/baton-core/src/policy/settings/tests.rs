use miette::Diagnostic;

use super::git_config::{self, Entry};
use super::*;

fn file(toml: &str) -> Layer {
    Layer::file(SETTINGS_PATH, toml.as_bytes()).unwrap()
}

fn old(toml: &str) -> Layer {
    Layer::policy("baton.toml", toml.as_bytes()).unwrap()
}

fn entry(scope: &str, key: &str, value: Option<&str>) -> Entry {
    Entry {
        key: key.to_owned(),
        value: value.map(str::to_owned),
        scope: scope.to_owned(),
        origin: format!("file:{scope}.config"),
    }
}

fn refused(layers: &[Layer]) -> (String, String, String) {
    let error = Settings::load(layers).unwrap_err();
    let label = error.labels().unwrap().next().unwrap();
    let source = error.source_code().unwrap();
    let text = source.read_span(label.inner(), 0, 0).unwrap();
    (
        error.to_string(),
        error.problem().to_string(),
        String::from_utf8_lossy(text.data()).into_owned(),
    )
}

#[test]
fn a_later_layer_replaces_single_keys_and_whole_lists() {
    let mut layers = vec![
        old("[pool]\nsize = 2\nroot = 'a'\nkeep = ['x/']\n[conductor.gate]\ntimeout = 1\n"),
        file("[pool]\nsize = 3\nkeep = ['y/', 'z/']\n"),
    ];
    layers.extend(
        git_config::layers(&[
            entry("global", "baton.pool.size", Some("4")),
            entry("local", "baton.pool.size", Some("5")),
            entry("local", "baton.pool.size", Some("6")),
            entry("local", "baton.merge.test", Some("make a")),
            entry("local", "baton.merge.test", Some("make b")),
        ])
        .unwrap(),
    );
    let settings = Settings::load(&layers).unwrap();
    assert_eq!(settings.pool.size, 6);
    assert_eq!(settings.pool.root, "a");
    assert_eq!(settings.pool.keep, ["y/", "z/"]);
    assert_eq!(settings.merge.test, ["make a", "make b"]);
    assert_eq!(settings.conductor.staff.gate.timeout, 1);
    let origin = |key: &str| settings.origins[key].as_str();
    assert_eq!(origin("pool.size"), "git config --local (local.config)");
    assert_eq!(origin("pool.keep"), SETTINGS_PATH);
    assert_eq!(origin("pool.root"), "baton.toml");
    assert_eq!(settings.misplaced, ["conductor.gate.timeout", "pool.root"]);
}

#[test]
fn every_single_setting_has_a_name_in_gits_configuration() {
    let (_, toml) = Policy::default().effective_files();
    let mut keys = written_keys(&toml);
    keys.push("merge.into".to_owned());
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        let name = git_config::name(&key);
        assert!(!name.contains('_'), "{name}");
        // Git makes the variable, behind the last dot, lower case.
        let (above, variable) = name.rsplit_once('.').unwrap();
        let listed = format!("{above}.{}", variable.to_lowercase());
        let value = match key.rsplit('.').next().unwrap() {
            "agent" | "fallback" => "codex",
            "branch" => "x/{task}",
            "strategy" => "squash",
            "on_short" => "wait",
            "combine" => "vote",
            "confine" => "worktree",
            _ if is_text(&toml, &key) => "x",
            _ => "1",
        };
        let layers = git_config::layers(&[entry("local", &listed, Some(value))]).unwrap();
        let settings = Settings::load(&layers).map_err(|error| (key.clone(), error));
        assert!(settings.unwrap().origins.contains_key(&key), "{key}");
    }
}

fn is_text(toml: &str, key: &str) -> bool {
    let document: toml::Table = toml.parse().unwrap();
    let mut at = toml::Value::Table(document);
    for part in key.split('.') {
        match at.get(part) {
            Some(value) => at = value.clone(),
            None => return true,
        }
    }
    at.is_str() || at.is_array()
}

#[test]
fn gits_ways_to_write_a_value_are_read() {
    for (value, expected) in [(None, true), (Some("on"), true), (Some("no"), false)] {
        let layers = git_config::layers(&[entry("local", "baton.conductor.mirror", value)]);
        let settings = Settings::load(&layers.unwrap()).unwrap();
        assert_eq!(settings.conductor.mirror, expected, "{value:?}");
    }
    let agent = [entry(
        "global",
        "baton.conductor.agents.Mine.command",
        Some("mine {prompt}"),
    )];
    let settings = Settings::load(&git_config::layers(&agent).unwrap()).unwrap();
    assert!(settings.conductor.staff.agents.contains_key("Mine"));
    let none = [entry("local", "baton.pool.keep", Some(""))];
    let mut layers = vec![file("[pool]\nkeep = ['target/']\n")];
    layers.extend(git_config::layers(&none).unwrap());
    assert!(Settings::load(&layers).unwrap().pool.keep.is_empty());
}

#[test]
fn an_error_names_the_layer_and_the_place_in_it() {
    let git = |key: &str, value: &str| {
        let mut layers = vec![file("[pool]\nsize = 3\n")];
        layers.extend(git_config::layers(&[entry("global", key, Some(value))]).unwrap());
        refused(&layers)
    };
    let (error, problem, marked) = git("baton.pool.size", "many");
    assert_eq!(
        error,
        "the settings in git config --global (global.config) cannot be used"
    );
    assert!(problem.contains("expected usize"), "{problem}");
    assert_eq!(marked, "\"many\"");
    assert_eq!(git("baton.pool.size", "0").2, "0");
    assert_eq!(git("baton.pool.seize", "1").2, "seize");
    assert_eq!(git("baton.pole.size", "1").2, "pole");
    let (error, _, marked) = refused(&[file("[pool]\nsize = 0\n"), file("[merge]\ntest = []\n")]);
    assert_eq!(error, "the settings in baton.settings.toml cannot be used");
    assert_eq!(marked, "0");
}

#[test]
fn rules_are_no_settings() {
    for toml in [
        "[merge]\nresolver = 'x'\n",
        "[merge]\ndelete = false\n",
        "[[merge.resolve]]\npaths = ['a']\nwith = 'ours'\n",
        "[signing]\naggregate = 'optional'\n",
        "[[protected]]\npaths = []\nwriter = 'nobody'\n",
        "[[branch]]\nnames = []\n",
        "version = 1\n",
    ] {
        let error = Settings::load(&[file(toml)]).unwrap_err();
        let help = error.help().unwrap().to_string();
        assert!(
            help.contains("is a rule: it stands in baton.toml"),
            "{toml}: {help}"
        );
    }
}

#[test]
fn policies_that_differ_in_settings_alone_have_the_same_rules() {
    let policy = |toml: &str| Policy::parse("baton.toml", toml.as_bytes()).unwrap();
    let plain = policy("");
    for same in [
        "[pool]\nsize = 3\n",
        "[conductor]\nagent = 'codex'\n",
        "[merge]\ntest = ['x']\ninto = 'trunk'\nstrategy = 'squash'\n",
        "# only a comment\nversion = 1\n",
    ] {
        assert!(plain.has_rules_of(&policy(same)), "{same}");
    }
    for other in [
        "[merge]\nresolver = 'x'\n",
        "[merge]\ndelete = false\n",
        "[branches]\nexclude = ['x']\n",
        "[sessions]\nmax_per_commit = 2\n",
        "[signing]\nmaintainers = ['a']\n",
        "[trailers]\nseal = 'X'\n",
        "[handoff]\nkeep_entries = 1\n",
    ] {
        assert!(!plain.has_rules_of(&policy(other)), "{other}");
    }
    let rule = "[[branch]]\nnames = ['main']\nmove = 'landing'\n";
    let held = |merge: &str| policy(&format!("[merge]\n{merge}\n{rule}"));
    assert!(!held("").has_rules_of(&held("into = 'trunk'")));
    assert!(!held("").has_rules_of(&held("strategy = 'squash'")));
    assert!(held("").has_rules_of(&held("test = ['x']")));
}

#[test]
fn the_two_files_of_a_policy_read_back_as_the_whole() {
    let whole =
        "[pool]\nsize = 3\n[merge]\nresolver = 'x'\ntest = ['y']\n[sessions]\nmax_per_commit = 2\n";
    let policy = Policy::parse("baton.toml", whole.as_bytes()).unwrap();
    let (rules, settings) = policy.effective_files();
    let again = Policy::parse("baton.toml", rules.as_bytes()).unwrap();
    assert!(again.has_rules_of(&policy));
    assert!(!rules.contains("[pool]") && !settings.contains("resolver ="));
    let loaded = Settings::load(&[old(&rules), file(&settings)]).unwrap();
    assert_eq!(loaded.misplaced, [] as [&str; 0]);
    assert_eq!(again.with_settings(loaded), policy);
}

#[test]
fn comments_go_with_what_stands_below_them() {
    let whole = "# The rules.\nversion = 1\n\n# How many.\n[pool]\nsize = 3 # few\n\n# Logs.\n[sessions]\n\
        max_per_commit = 2\n\n# Landing.\n[merge]\n# Where.\ninto = 'trunk'\n# Who.\nresolver = 'x'\n\n# The end.\n";
    let (rules, settings) = split(whole).unwrap();
    assert_eq!(
        rules,
        "# The rules.\nversion = 1\n\n# Logs.\n[sessions]\nmax_per_commit = 2\n\n# Landing.\n[merge]\n\
         # Who.\nresolver = 'x'\n\n# The end.\n"
    );
    assert_eq!(
        settings,
        "# How many.\n[pool]\nsize = 3 # few\n\n# Landing.\n[merge]\n# Where.\ninto = 'trunk'\n"
    );
    assert_eq!(split(&rules).unwrap().0, rules);
    let held = format!("{whole}[[branch]]\nnames = ['main']\n");
    let (rules, settings) = split(&held).unwrap();
    assert!(rules.contains("into = 'trunk'") && !settings.contains("into"));
    assert_eq!(split("[").map(|_| ()), None);
}

#[test]
fn a_key_of_a_newer_version_is_passed_over_in_the_policy_alone() {
    let toml = "[pool]\nsize = 3\nnewer = 1\n";
    assert_eq!(Settings::load(&[old(toml)]).unwrap().pool.size, 3);
    assert!(Settings::load(&[file(toml)]).is_err());
}
