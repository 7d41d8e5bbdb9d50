//! The branch of a task.

use super::PoolError;
use baton_core::model::{BranchName, RefName};
use baton_core::policy::PoolPolicy;
use baton_git::is_reference_name;

/// The most bytes of a part of a branch's name: git writes it to a file of that name with `.lock` behind it,
/// and no common file system has names of more than 255.
const LONGEST: usize = 255 - ".lock".len();

/// The number of bytes that are left for the task of a part of which a pattern may have some.
const SHORTENED: usize = 100;

/// The full name of the branch of a task.
///
/// # Errors
/// When git allows no such branch, or a line of output could not hold it.
pub fn branch(policy: &PoolPolicy, task: &str) -> Result<RefName, PoolError> {
    let short = policy.branch_of(task);
    let full = BranchName::new(short.as_str()).full();
    let plain = !task.is_empty()
        && !task.contains('|')
        && !short.starts_with('-')
        && short.split('/').all(|part| part.len() <= LONGEST);
    match plain && is_reference_name(&full.to_string()) {
        true => Ok(full),
        false => Err(PoolError::Task {
            task: task.to_owned(),
            branch: short.escape_debug().to_string(),
            instead: tame(task),
        }),
    }
}

/// An id like this one of which any pattern makes a branch.
fn tame(task: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || c == '_' {
            c
        } else {
            '-'
        }
    };
    let text: String = task.chars().map(plain).collect();
    let parts: Vec<_> = text.split('-').filter(|part| !part.is_empty()).collect();
    match parts.is_empty() {
        true => "task-1".to_owned(),
        false => shortened(&parts.join("-")).to_owned(),
    }
}

fn shortened(text: &str) -> &str {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = ends.take_while(|end| *end <= SHORTENED).last();
    text[..end.unwrap_or_default()].trim_end_matches('-')
}

/// The text at the start of the log of a branch that was made for a task.
pub(super) const REASON: &str = "baton: acquired, lease ";

/// The first line in the log of a branch that was begun under a lease.
pub(super) fn reason(lease: &str) -> String {
    format!("{REASON}{lease}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_file_can_have_is_refused_and_a_shorter_one_proposed() {
        let fits = "ä".repeat(LONGEST / 2);
        assert!(branch(&policy(), &format!("{fits}/{fits}")).is_ok());
        for long in ["x".repeat(LONGEST + 1), "ä-".repeat(LONGEST)] {
            let Err(PoolError::Task { instead, .. }) = branch(&policy(), &long) else {
                panic!("{long} is taken for a branch");
            };
            assert!(instead.len() <= SHORTENED && long.starts_with(&instead));
            assert!(branch(&policy(), &instead).is_ok());
        }
    }

    fn policy() -> PoolPolicy {
        baton_core::policy::Policy::default().pool
    }

    #[test]
    fn a_task_names_its_branch() {
        for task in ["task-x", "T.7", "a/b", "ähm"] {
            assert_eq!(
                branch(&policy(), task).unwrap(),
                RefName::new(format!("refs/heads/auto/{task}"))
            );
        }
    }

    #[test]
    fn an_odd_task_is_refused_and_another_name_proposed() {
        let odd = [
            ("a b", "a-b"),
            ("", "task-1"),
            ("..", "task-1"),
            ("x..y", "x-y"),
            ("x.lock", "x-lock"),
            ("a|b", "a-b"),
            ("a:b?", "a-b"),
            ("x/", "x"),
            ("a\nb", "a-b"),
            ("@{1}", "1"),
        ];
        for (task, proposed) in odd {
            let Err(PoolError::Task { instead, .. }) = branch(&policy(), task) else {
                panic!("{task:?} is taken for a branch");
            };
            assert_eq!(instead, proposed);
            assert!(branch(&policy(), &instead).is_ok());
        }
    }
}
