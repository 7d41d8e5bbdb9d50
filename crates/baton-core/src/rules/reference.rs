//! References that would show something else under a guarded name.

use bstr::ByteSlice;

use crate::model::{Oid, RefName, RuleId, Violation};

/// A replacement: git shows the object `by` wherever it is asked for the one in the reference's name.
pub fn replacement(reference: &RefName, by: Oid) -> Violation {
    let replaced = reference.rsplit_str("/").next().unwrap_or_default();
    violation(
        reference,
        Some(by),
        format!(
            "the reference has git show other content under the id {}, which was judged as it is",
            replaced.to_str_lossy()
        ),
        "keep replacements in your clone (`refs/replace/*` is not for a guarded server), or make the change in a commit of its own".to_owned(),
    )
}

/// A guarded branch that becomes another name for a reference that is not guarded.
pub fn unguarded_alias(reference: &RefName, target: &RefName) -> Violation {
    let target = target.to_str_lossy();
    violation(
        reference,
        None,
        format!("the branch becomes another name for {target}, which moves unjudged"),
        format!(
            "let the branch name its commit, or a branch on which the rules hold: `git branch -f <branch> {target}`"
        ),
    )
}

fn violation(reference: &RefName, commit: Option<Oid>, message: String, help: String) -> Violation {
    Violation {
        rule: RuleId::ProtectedPath,
        commit,
        reference: Some(reference.clone()),
        old: None,
        path: None,
        sessions: Vec::new(),
        message,
        help,
    }
}
