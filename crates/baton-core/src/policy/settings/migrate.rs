//! The settings of an older `baton.toml` move to a file of their own.

use toml_edit::{DocumentMut, Item, TableLike};

use super::split;

/// The text at the start of a new file of settings.
const HEAD: &str = "\
# How we work in this repository with Baton (`git baton`). Anyone may change this file; what may land is
# in baton.toml. `git baton policy show` tells which values count, and where each comes from.

";

/// The texts of both files once the settings are out of the rules; `None` where there are none among
/// them, or a text is no TOML. What the file of settings says already stays.
pub fn migrate(policy: &str, settings: Option<&str>) -> Option<(String, String)> {
    let (rules, moved) = split(policy)?;
    if moved.is_empty() {
        return None;
    }
    let settings = match settings {
        None => format!("{HEAD}{moved}"),
        Some(there) => {
            let mut there: DocumentMut = there.parse().ok()?;
            let moved: DocumentMut = moved.parse().ok()?;
            add(there.as_table_mut(), moved.as_table());
            there.to_string()
        }
    };
    Some((rules, settings))
}

/// Adds what a table lacks.
fn add(there: &mut dyn TableLike, moved: &dyn TableLike) {
    for (key, item) in moved.iter() {
        match there.get_mut(key) {
            None => {
                let mut item = item.clone();
                unplace(&mut item);
                there.insert(key, item);
                let decor = moved.key(key).map(|key| key.leaf_decor().clone());
                if let (Some(decor), Some(mut key)) = (decor, there.key_mut(key)) {
                    *key.leaf_decor_mut() = decor;
                }
            }
            Some(own) => {
                if let (Some(own), Some(item)) = (own.as_table_like_mut(), item.as_table_like()) {
                    add(own, item);
                }
            }
        }
    }
}

/// Lets a table from another document stand behind those that are there.
fn unplace(item: &mut Item) {
    match item {
        Item::Table(table) => {
            table.set_position(None);
            table.iter_mut().for_each(|(_, item)| unplace(item));
        }
        Item::ArrayOfTables(tables) => {
            for table in tables.iter_mut() {
                table.set_position(None);
                table.iter_mut().for_each(|(_, item)| unplace(item));
            }
        }
        Item::Value(_) | Item::None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_move_with_their_comments() {
        let old = "# Rules.\n[sessions]\nmax_per_commit = 2\n\n# Few.\n[pool]\nsize = 3 # three\n";
        let (rules, settings) = migrate(old, None).unwrap();
        assert_eq!(rules, "# Rules.\n[sessions]\nmax_per_commit = 2\n");
        assert!(settings.starts_with("# How we work"), "{settings}");
        assert!(
            settings.ends_with("\n# Few.\n[pool]\nsize = 3 # three\n"),
            "{settings}"
        );
        assert_eq!(migrate(&rules, None), None);
    }

    #[test]
    fn what_the_settings_say_already_stays() {
        let old = "[pool]\nsize = 3\n# Where.\nroot = 'x'\n[conductor.gate]\ntimeout = 5\n[[conductor.feature.scout]]\nname = 'a'\nprompt = 'b'\n";
        let own = "# Ours.\n[pool]\nsize = 4 # four\n[conductor]\nagent = 'codex'\n";
        let (rules, settings) = migrate(old, Some(own)).unwrap();
        assert_eq!(rules, "");
        assert_eq!(
            settings,
            "# Ours.\n[pool]\nsize = 4 # four\n# Where.\nroot = 'x'\n[conductor]\nagent = 'codex'\n\
             [conductor.gate]\ntimeout = 5\n[[conductor.feature.scout]]\nname = 'a'\nprompt = 'b'\n"
        );
    }
}
