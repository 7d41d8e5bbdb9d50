//! All that scouts found, as one document.

use super::state::State;

/// The bundle: each scout's findings under its name, in this order, and in place of findings that
/// do not count the reason.
pub fn bundle(state: &State, scouts: &[(String, String)]) -> String {
    let mut text = String::from("# Context\n");
    for (name, found) in scouts {
        let void = state.scouts.get(name).and_then(|one| one.void.as_deref());
        let says = match void {
            Some(why) => format!("(Nothing that counts: {why}.)"),
            None => found.trim().to_owned(),
        };
        text.push_str(&format!("\n## {name}\n\n{says}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::state::Scouted;
    use baton_core::model::Oid;

    #[test]
    fn findings_stand_under_their_scouts_names() {
        let base = Oid::from_hex(&[b'1'; 40]).unwrap();
        let mut state = State::new("x", base, None, Vec::new());
        let void = Some("it took too long".to_owned());
        state
            .scouts
            .insert("b".to_owned(), Scouted { void, seconds: 1 });
        let scouts = [("a", "one\n"), ("b", "")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(
            bundle(&state, &scouts),
            "# Context\n\n## a\n\none\n\n## b\n\n(Nothing that counts: it took too long.)\n"
        );
    }
}
