//! The branch of a task.

use super::PoolError;
use crate::git::slot;
use crate::policy::PoolPolicy;

/// The full name of the branch of a task.
///
/// # Errors
/// When git allows no such branch, or a line of output could not hold it.
pub fn branch(policy: &PoolPolicy, task: &str) -> Result<String, PoolError> {
    let short = policy.branch_of(task);
    let full = format!("refs/heads/{short}");
    let plain = !task.is_empty() && !task.contains('|') && !short.starts_with('-');
    match plain && slot::is_branch_name(&full) {
        true => Ok(full),
        false => Err(PoolError::Task {
            task: task.to_owned(),
            branch: short.escape_debug().to_string(),
            instead: tame(task),
        }),
    }
}

/// The branch without what every branch's name begins with.
pub fn short(branch: &str) -> &str {
    branch.strip_prefix("refs/heads/").unwrap_or(branch)
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
        false => parts.join("-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> PoolPolicy {
        crate::policy::Policy::default().pool
    }

    #[test]
    fn a_task_names_its_branch() {
        for task in ["task-x", "T.7", "a/b", "ähm"] {
            assert_eq!(
                branch(&policy(), task).unwrap(),
                format!("refs/heads/auto/{task}")
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
