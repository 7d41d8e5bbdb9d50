//! Reasons why tasks without an order wait for each other all the same.

use std::fmt::Write;

use super::{Because, TaskList};
use crate::report::escape::visible;

/// A line for each pair of tasks that are put in order because both may change one path.
pub fn overlaps(list: &TaskList) -> String {
    let mut text = String::new();
    for task in &list.tasks {
        for wait in &task.waits_for {
            let Because::Overlap { theirs, own } = &wait.because else {
                continue;
            };
            let (theirs, own) = (visible(theirs.as_bytes()), visible(own.as_bytes()));
            writeln!(
                text,
                "{} waits for {}: `{own}` and `{theirs}` can be one file",
                task.id, wait.task
            )
            .expect("a String takes all");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn an_overlap_is_told_with_both_patterns() {
        let toml = "[[task]]\nid = \"a\"\nprompt = \"p\"\nfiles = [\"src/**\"]\n\
                    [[task]]\nid = \"b\"\nprompt = \"p\"\nfiles = [\"docs/x\", \"src/b.rs\"]\n\
                    [[task]]\nid = \"c\"\nprompt = \"p\"\nfiles = [\"other\"]\nafter = [\"a\"]\n";
        let list = TaskList::parse("t", toml.as_bytes(), &Policy::default()).unwrap();
        assert_eq!(
            overlaps(&list),
            "b waits for a: `src/b.rs` and `src/**` can be one file\n"
        );
    }
}
