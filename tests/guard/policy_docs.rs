//! What docs/policy.md shows is what the program reads.

use baton_core::policy::Policy;

const PAGE: &str = include_str!("../../docs/policy.md");

fn examples() -> impl Iterator<Item = &'static str> {
    let blocks = PAGE.split("```toml\n").skip(1);
    blocks.filter_map(|block| Some(block.split_once("```")?.0))
}

#[test]
fn every_example_is_a_policy() {
    assert!(examples().count() > 5);
    for example in examples() {
        if let Err(error) = Policy::parse("docs/policy.md", example.as_bytes()) {
            panic!("{:?}", miette::Report::new(error));
        }
    }
}

#[test]
fn every_key_has_its_place_on_the_page() {
    for line in Policy::default().effective_toml().lines() {
        let name = match line.split_once(" = ") {
            Some((key, _)) => format!("`{key}`"),
            None => line.to_owned(),
        };
        assert!(PAGE.contains(&name), "{name}");
    }
}
