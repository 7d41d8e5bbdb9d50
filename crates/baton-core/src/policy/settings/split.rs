//! A text of rules and settings becomes two.

use toml_edit::{DocumentMut, Item};

use super::LANDING;
use super::keys::{MERGE_RULES, TABLES};

/// The rules and the settings in a text of both, each with the comments above it. The text of the rules
/// is what is left of the whole: nothing in it is written anew. `None` where it is no TOML.
pub fn split(toml: &str) -> Option<(String, String)> {
    let mut rules: DocumentMut = toml.parse().ok()?;
    let mut settings = rules.clone();
    let has_branch_rules = rules.contains_key("branch");
    let is_rule = |key: &str| {
        let landing = || LANDING.contains(&format!("merge.{key}").as_str());
        MERGE_RULES.contains(&key) || has_branch_rules && landing()
    };
    settings.retain(|key, _| TABLES.contains(&key));
    settings.set_trailing("");
    retain_merge(&mut settings, |key| !is_rule(key));
    rules.retain(|key, _| key == "merge" || !TABLES.contains(&key));
    retain_merge(&mut rules, is_rule);
    Some((trimmed(&rules), trimmed(&settings)))
}

/// Keeps these keys of `[merge]`, and the table only where there are any.
fn retain_merge(document: &mut DocumentMut, keep: impl Fn(&str) -> bool) {
    let Some(merge) = document.get_mut("merge").and_then(Item::as_table_like_mut) else {
        return;
    };
    let keys: Vec<_> = merge.iter().map(|(key, _)| key.to_owned()).collect();
    for key in keys.iter().filter(|key| !keep(key)) {
        merge.remove(key);
    }
    if merge.is_empty() {
        document.remove("merge");
    }
}

fn trimmed(document: &DocumentMut) -> String {
    let text = document.to_string();
    match text.trim() {
        "" => String::new(),
        text => format!("{text}\n"),
    }
}
