//! README.md and SECURITY.md tell the same of each layer.

use std::path::Path;

fn read(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(root.join(name)).unwrap()
}

/// The lines of the table that begins with this line.
fn table(text: &str, head: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| *line != head);
    let rows = lines.take_while(|line| line.starts_with('|'));
    rows.map(str::to_owned).collect()
}

#[test]
fn the_readme_and_the_security_page_agree_on_the_layers() {
    let head = "| where | what it catches | what gets past it |";
    let (readme, security) = (read("README.md"), read("SECURITY.md"));
    let rows = table(&readme, head);
    assert!(rows.len() > 6, "README.md has no table {head}");
    assert_eq!(rows, table(&security, head));
}

#[test]
fn the_security_page_names_files_that_are_there() {
    let text = read("SECURITY.md");
    let links = text.split("](").skip(1);
    for link in links.filter_map(|rest| rest.split(')').next()) {
        let file = link.split('#').next().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(
            file.starts_with("https://") || root.join(file).exists(),
            "{link}"
        );
    }
}
