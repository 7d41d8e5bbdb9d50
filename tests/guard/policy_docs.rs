//! What docs/policy.md and docs/settings.md show is what the program reads.

use std::collections::BTreeMap;

use baton_core::policy::settings::written_keys;
use baton_core::policy::settings::{Layer, git_config};
use baton_core::policy::{Policy, Settings};

const POLICY: &str = include_str!("../../docs/policy.md");
const SETTINGS: &str = include_str!("../../docs/settings.md");

fn examples(page: &'static str) -> impl Iterator<Item = &'static str> {
    let blocks = page.split("```toml\n").skip(1);
    blocks.filter_map(|block| Some(block.split_once("```")?.0))
}

/// The rows of the table of settings: the default of each key.
fn documented() -> BTreeMap<&'static str, &'static str> {
    let rows = SETTINGS.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let key = cells.next()?.strip_suffix('`')?;
        Some((key, cells.next()?.trim_matches('`')))
    });
    rows.filter(|(key, _)| key.contains('.') && !key.contains(".toml"))
        .collect()
}

#[test]
fn every_example_is_a_policy() {
    assert!(examples(POLICY).count() > 5);
    for example in examples(POLICY) {
        if let Err(error) = Policy::parse("docs/policy.md", example.as_bytes()) {
            panic!("{:?}", miette::Report::new(error));
        }
    }
}

#[test]
fn every_example_is_a_file_of_settings() {
    assert!(examples(SETTINGS).count() > 2);
    for example in examples(SETTINGS) {
        let layer = Layer::file("docs/settings.md", example.as_bytes()).unwrap();
        if let Err(error) = Settings::load(&[layer]) {
            panic!("{:?}", miette::Report::new(error));
        }
    }
}

#[test]
fn every_rule_has_its_place_on_the_page() {
    let (rules, _) = Policy::default().effective_files();
    for line in rules.lines() {
        let name = match line.split_once(" = ") {
            Some((key, _)) => format!("`{key}`"),
            None => line.to_owned(),
        };
        assert!(POLICY.contains(&name), "{name}");
    }
}

#[test]
fn the_table_of_settings_is_that_of_the_program() {
    let (_, settings) = Policy::default().effective_files();
    let defaults: toml::Table = settings.parse().unwrap();
    let documented = documented();
    let mut known = written_keys(&settings);
    for key in &known {
        let mut value = toml::Value::Table(defaults.clone());
        for part in key.split('.') {
            value = value[part].clone();
        }
        let shown = documented.get(key.as_str());
        assert_eq!(shown, Some(&&*value.to_string()), "{key}");
    }
    known.push("merge.into".to_owned());
    for key in documented.keys() {
        let is_named = key.contains("[]") || key.contains("<name>");
        assert!(is_named || known.contains(&(*key).to_owned()), "{key}");
    }
}

#[test]
fn the_names_in_gits_configuration_are_those_on_the_page() {
    for (key, name) in [
        ("pool.size", "baton.pool.size"),
        ("conductor.min_tasks", "baton.conductor.minTasks"),
        ("merge.test", "baton.merge.test"),
    ] {
        assert_eq!(git_config::name(key), name);
        assert!(SETTINGS.contains(name), "{name}");
    }
}
