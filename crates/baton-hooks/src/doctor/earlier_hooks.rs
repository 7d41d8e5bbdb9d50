//! The hooks that were there before Baton's, and have to go on.

use super::{DoctorError, Finding, Id, REINSTALL};
use crate::install::{Layout, Manifest, hooks_path, in_shell, kept, managers, misled, renamed};
use crate::{Hook, PASSED_ON};
use baton_git::Repo;
use baton_sys::executable;

/// The hook that was there before, where it runs others that it looks for by its own name.
pub(super) fn renamed_delegate(
    layout: &Layout,
    hook: &str,
    manifest: &Manifest,
) -> Result<Option<Finding>, DoctorError> {
    let own = layout.hook(hook);
    let delegate = layout.delegate(hook).map_err(DoctorError::io(&own))?;
    let renamed = delegate.filter(|one| one.path != own && manifest.hooks_paths.is_empty());
    Ok(renamed.map(|one| Finding {
        id: Id::EarlierHookSilent,
        what: format!("the hook {hook} that was there before runs others that it looks for beside itself, and is not in its place"),
        place: one.path.display().to_string(),
        remedy: format!("{REINSTALL} again: it gives that hook its place, and goes beside it"),
    }))
}

/// Looks at them.
pub(super) fn examine(
    repo: &Repo,
    manifest: &Manifest,
    findings: &mut Vec<Finding>,
) -> Result<(), DoctorError> {
    let installed: Vec<_> = manifest.hooks().collect();
    let all = Hook::CLIENT.map(Hook::name).into_iter().chain(PASSED_ON);
    let silent: Vec<_> = all.filter(|name| !installed.contains(name)).collect();
    let layout = Layout::of(repo);
    let lost = kept::lost(&layout, manifest);
    findings.extend(lost.into_iter().map(|path| Finding {
        id: Id::EarlierHookSilent,
        what: "the hook that was there before is gone from where it was kept, and does not run".to_owned(),
        place: path.display().to_string(),
        remedy: format!("put it there again; where it is not wanted any more, {REINSTALL}, which expects it no longer"),
    }));
    let misled = misled::files(repo, manifest)?;
    findings.extend(misled.into_iter().map(|path| Finding {
        id: Id::EarlierHookMisled,
        what: format!(
            "this hook asks git where the hooks are, and git names {} now",
            layout.hooks_dir().display()
        ),
        place: path.display().to_string(),
        remedy: "have it look beside itself, in \"$(dirname \"$0\")\"".to_owned(),
    }));
    let kept = kept::silent(&layout);
    findings.extend(kept.into_iter().map(|(path, why)| Finding {
        id: Id::EarlierHookSilent,
        what: format!("this hook, which was there before, does not run: {why}"),
        place: path.display().to_string(),
        remedy: why.remedy(&path),
    }));
    miscalling(&layout, manifest, findings)?;
    let directories = hooks_path::all_directories(repo, &layout, &manifest.hooks_paths)?;
    let copies = renamed::copies(&layout, &directories)?;
    findings.extend(copies.into_iter().map(|(_, path)| Finding {
        id: Id::HookCopied,
        what: "this is a copy of Baton's hook, and names a program of one clone on one machine: anywhere else git cannot exec it, and every commit fails".to_owned(),
        remedy: format!("remove it, from the repository too where it is committed: `rm {}`", in_shell(&path)),
        place: path.display().to_string(),
    }));
    for one in &manifest.hooks_paths {
        for directory in hooks_path::directories(repo, one)? {
            for hook in silent.iter().map(|name| directory.join(name)) {
                if executable::is_executable(&hook) {
                    findings.push(Finding {
                        id: Id::EarlierHookSilent,
                        what: format!(
                            "this hook does not run, because core.hooksPath = {} is set aside",
                            one.path
                        ),
                        place: hook.display().to_string(),
                        remedy: format!("{REINSTALL} again: it passes the hook on"),
                    });
                }
            }
        }
    }
    Ok(())
}

/// Those that call Baton so that it refuses whatever comes.
fn miscalling(
    layout: &Layout,
    manifest: &Manifest,
    findings: &mut Vec<Finding>,
) -> Result<(), DoctorError> {
    for hook in manifest.hooks() {
        let path = layout.earlier(hook).unwrap_or_else(|| layout.hook(hook));
        if let Some(fault) = managers::miscall(&path, hook).map_err(DoctorError::io(&path))? {
            findings.push(Finding {
                id: Id::EarlierHookMisled,
                what: format!(
                    "this hook runs `git baton hook {hook}` {fault}, and refuses whatever comes"
                ),
                place: path.display().to_string(),
                remedy: fault.remedy(hook),
            });
        }
    }
    Ok(())
}

/// Those of Baton's files to which a tool gave another name that are gone from there, where the hook that was there before may
/// call them.
pub(super) fn missed(layout: &Layout, manifest: &Manifest) -> Result<Vec<Finding>, DoctorError> {
    let mut findings = Vec::new();
    for one in renamed::gone(layout, manifest) {
        if let Some(earlier) = one.missed_by(layout)? {
            findings.push(Finding {
                id: Id::HookMissing,
                what: format!("the hook {} has gone from the name that a tool gave it, and the hook that was there before may call it by that", one.hook),
                place: one.path.display().to_string(),
                remedy: format!("{REINSTALL}: it puts the hook there again; where {} is not wanted any more, remove that before", earlier.display()),
            });
        }
    }
    Ok(findings)
}
