//! A doc comment says in one short sentence what an element is: "The number of …", "True if …", not "How many …" and
//! "Whether …".

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms whose comments read so.
const ROOMS: [&str; 13] = [
    "../src/commands",
    "../src/demo",
    "../src/scaffold",
    "baton-agents/src",
    "baton-conductor/src/aggregate",
    "baton-conductor/src/feature",
    "baton-conductor/src/pool",
    "baton-core/src",
    "baton-git/src",
    "baton-guard/src",
    "baton-hooks/src",
    "baton-sys/src",
    "baton-testkit/src",
];

/// First words that ask instead of saying what the element is.
const QUESTIONS: [&str; 6] = ["What", "Whether", "How", "Who", "Whoever", "Somebody"];

#[test]
fn doc_comments_say_what_an_element_is() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    let mut files = Vec::new();
    for room in ROOMS {
        collect(&crates.join(room), &mut files);
    }
    let questions = files.iter().flat_map(|file| {
        let text = fs::read_to_string(file).unwrap();
        let found = questions(&text).into_iter();
        let told = found.map(|(number, line)| format!("{}:{number}: {line}", file.display()));
        told.collect::<Vec<_>>()
    });
    let questions: Vec<_> = questions.collect();
    assert!(questions.is_empty(), "{}", questions.join("\n"));
}

#[test]
fn only_the_beginning_of_a_comment_counts() {
    let text = "//! How it goes.\n\n/// The way\n/// Whether it rains.\nfn f();\n    /// Whether it does.\n// What\n";
    let found: Vec<_> = questions(text).into_iter().map(|(at, _)| at).collect();
    assert_eq!(found, [1, 6]);
}

/// The first lines of the comments that ask, with their numbers.
fn questions(text: &str) -> Vec<(usize, &str)> {
    let comment = |line: &str| {
        let line = line.trim_start();
        let said = line.strip_prefix("///").or(line.strip_prefix("//!"));
        said.map(|said| said.trim_start().to_owned())
    };
    let mut found = Vec::new();
    let mut before = None;
    for (at, line) in text.lines().enumerate() {
        let said = comment(line);
        let first = said.as_deref().filter(|_| before.is_none());
        let word = first.and_then(|said| said.split(' ').next());
        if word.is_some_and(|word| QUESTIONS.contains(&word)) {
            found.push((at + 1, line));
        }
        before = said;
    }
    found
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !is_test {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") && !is_test {
            files.push(path);
        }
    }
}
