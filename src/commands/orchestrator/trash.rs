//! `git baton orchestrator pool trash`.

use super::shown;
use crate::cli::orchestrator::{Trash, TrashRestore};
use baton_conductor::pool::WorkError;
use baton_conductor::pool::trash::{self, Restored, Saved, output};
use baton_core::model::RefName;
use baton_core::report::escape;
use baton_git::Repo;
use baton_sys::{GitEnv, clock};

const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// The output of the verb.
pub fn answer(repo: &Repo, env: &GitEnv, verb: Trash) -> Result<String, WorkError> {
    Ok(match verb {
        Trash::List(look) => {
            let kept = trash::list(repo)?;
            shown(look.format, &output::kept(&kept), human(&kept))
        }
        Trash::Restore(args) => {
            let saved = trash::find(repo, &args.name)?;
            let restored = restore(repo, env, &saved, &args)?;
            let said = human_restore(&saved, &restored);
            shown(args.look.format, &output::restored(&saved, &restored), said)
        }
        Trash::Drop(args) => {
            let before = clock::now() - i64::from(args.older_than) * SECONDS_A_DAY;
            let dropped = trash::drop_before(repo, before)?;
            let said = format!("let go of {}\n{}", dropped.len(), human(&dropped));
            shown(args.look.format, &output::kept(&dropped), said)
        }
    })
}

fn restore(
    repo: &Repo,
    env: &GitEnv,
    saved: &Saved,
    args: &TrashRestore,
) -> Result<Restored, WorkError> {
    let branch = args.branch.as_deref();
    match &args.into {
        None => trash::restore_branch(repo, saved, branch.unwrap_or(&saved.name)),
        Some(into) => trash::restore_worktree(repo, saved, &env.current_dir.join(into), branch),
    }
}

fn human(kept: &[Saved]) -> String {
    let line = |saved: &Saved| {
        let record = &saved.record;
        let branch = record.branch.as_ref().map(RefName::readable);
        let branch = branch.as_deref().unwrap_or("no branch");
        format!(
            "{}  {} on {}: {}\n",
            saved.name,
            clock::timestamp(saved.saved_at),
            escape::inert(branch.as_bytes()),
            escape::inert(record.reason.as_bytes())
        )
    };
    kept.iter().map(line).collect()
}

fn human_restore(saved: &Saved, restored: &Restored) -> String {
    let mut text = format!("{} is back", saved.name);
    if let Some(path) = &restored.path {
        text.push_str(&format!(
            " in {}",
            escape::inert(path.display().to_string().as_bytes())
        ));
    }
    if let Some(branch) = &restored.branch {
        text.push_str(&format!(" on {}", escape::inert(branch.as_bytes())));
    }
    text.push_str("; it is kept in the trash too\n");
    for path in &restored.left_out {
        text.push_str(&format!("not put back: see `git show {path}`\n"));
    }
    text
}
