//! The hooks, the program that they are, and what takes git past them.

use std::path::Path;

use super::{DoctorError, Finding, Id, REINSTALL, Severity, earlier_hooks};
use crate::install::hooks_path::Diversion;
use crate::install::layout::{Occupant, read_hook};
use crate::install::{Layout, Manifest, has_worktree, hooks_path, in_shell, renamed};
use baton_git::Repo;
use baton_sys::{executable, file};

const MAKE_RUNNABLE: &str = "let this user read and run it, or have the file system mounted with `exec` (`findmnt -T .git` names it); then run `git baton install`";

/// Looks at them. Says whether Baton is installed, as far as that can be told.
pub(super) fn examine(repo: &Repo, findings: &mut Vec<Finding>) -> Result<bool, DoctorError> {
    let layout = Layout::of(repo);
    let mut installed = true;
    match Manifest::read(&layout) {
        Ok(Some(manifest)) => {
            program(&layout, &manifest, findings)?;
            in_place(&layout, &manifest, findings)?;
            findings.extend(linked_directory(&layout));
            earlier_hooks::examine(repo, &manifest, findings)?;
            findings.extend(guarded_as_clone(repo, &layout)?);
        }
        Ok(None) => {
            installed = false;
            findings.push(Finding {
                id: Id::NotInstalled,
                what: "Baton's hooks are not installed in this repository".to_owned(),
                place: layout.hooks_dir().display().to_string(),
                remedy: REINSTALL.to_owned(),
            });
        }
        Err(DoctorError::Manifest { path, reason }) => findings.push(Finding {
            id: Id::RecordBroken,
            what: format!("the record of what was installed cannot be read: {reason}"),
            place: path.display().to_string(),
            remedy: "mend it by hand, or remove it where core.hooksPath was never set here; then run `git baton install`".to_owned(),
        }),
        Err(other) => return Err(other),
    }
    diversions(repo, &layout, installed, findings)?;
    Ok(installed)
}

/// Looks at what keeps git from running the hooks in the worktree at hand, and at nothing that takes long. None where Baton
/// is not installed.
pub fn examine_here(repo: &Repo) -> Result<Vec<Finding>, DoctorError> {
    let layout = Layout::of(repo);
    let mut findings = Vec::new();
    let Some(manifest) = Manifest::read(&layout)? else {
        return Ok(findings);
    };
    if !layout.program().is_file() {
        findings.push(program_missing(&layout));
    }
    in_place(&layout, &manifest, &mut findings)?;
    findings.extend(hooks_path::diversion_here(repo, &layout)?.map(|one| diversion(&one, &layout)));
    findings.retain(|finding| finding.id.severity() == Severity::Error);
    Ok(findings)
}

/// Looks at each hook where it has to be.
fn in_place(
    layout: &Layout,
    manifest: &Manifest,
    findings: &mut Vec<Finding>,
) -> Result<(), DoctorError> {
    for hook in manifest.hooks() {
        let places = layout.places(hook, manifest);
        for path in places.map_err(DoctorError::io(layout.hook(hook)))? {
            let found = examine_hook(layout, hook, &path)?;
            // What has moved, or is old, is so with all its hooks.
            let is_known = |new: &Finding| {
                matches!(new.id, Id::HookMoved | Id::ProgramOlder)
                    && findings.iter().any(|one| one.id == new.id)
            };
            findings.extend(found.filter(|new| !is_known(new)));
        }
        findings.extend(earlier_hooks::renamed_delegate(layout, hook, manifest)?);
    }
    findings.extend(earlier_hooks::missed(layout, manifest)?);
    Ok(())
}

/// A link in place of the directory of hooks: what changes where it leads, such as by a checkout, changes the hooks.
fn linked_directory(layout: &Layout) -> Option<Finding> {
    let link = layout.hooks_dir();
    let target = file::is_link(&link).then(|| link.read_link().ok())??;
    Some(Finding {
        id: Id::HookReplaced,
        what: format!(
            "the directory of hooks is a link to {}, which others may use or change",
            target.display()
        ),
        place: link.display().to_string(),
        remedy: format!(
            "make it a directory: `rm {0} && mkdir {0}`, and move the hooks there that are not Baton's; then {REINSTALL}",
            in_shell(&link)
        ),
    })
}

/// A bare repository that no worktree uses, without the mark of a server.
fn guarded_as_clone(repo: &Repo, layout: &Layout) -> Result<Option<Finding>, DoctorError> {
    if file::is_file(&layout.server_mark()) || has_worktree(repo)? {
        return Ok(None);
    }
    Ok(Some(Finding {
        id: Id::GuardedAsClone,
        what: "this bare repository is guarded as a clone, and no worktree uses it: an honest push can be refused for what is here already, and no refusal names its rule".to_owned(),
        place: repo.common_dir().display().to_string(),
        remedy: format!("where it receives pushes, {REINSTALL}"),
    }))
}

/// The settings that take git to other hooks. Before Baton is installed, only those that installing cannot set aside.
fn diversions(
    repo: &Repo,
    layout: &Layout,
    installed: bool,
    findings: &mut Vec<Finding>,
) -> Result<(), DoctorError> {
    let found = hooks_path::diversions(repo, layout)?;
    let counted = found.iter().filter(|one| installed || !one.own);
    findings.extend(counted.map(|one| diversion(one, layout)));
    Ok(())
}

fn diversion(one: &Diversion, layout: &Layout) -> Finding {
    let worktree = match &one.worktree.id {
        Some(id) => format!("the worktree {id}"),
        None => "the main worktree".to_owned(),
    };
    let setting = &one.setting;
    Finding {
        id: Id::HooksBypassed,
        what: format!(
            "in {worktree} git does not run the hooks of this repository: core.hooksPath is `{}` ({})",
            setting.raw,
            setting.scope.name()
        ),
        place: hooks_path::origin(setting),
        remedy: match one.own {
            true => format!(
                "{REINSTALL}: it sets the value aside, and has the hooks there run before its own"
            ),
            false => hooks_path::remedy(setting, layout),
        },
    }
}

fn program_missing(layout: &Layout) -> Finding {
    Finding {
        id: Id::ProgramMissing,
        what: match layout.program().is_file() {
            true => "the installed program may not be run".to_owned(),
            false => "the installed program is gone".to_owned(),
        },
        place: layout.program().display().to_string(),
        remedy: match executable::is_marked(&layout.program()) {
            true => MAKE_RUNNABLE.to_owned(),
            false => REINSTALL.to_owned(),
        },
    }
}

fn program(
    layout: &Layout,
    manifest: &Manifest,
    findings: &mut Vec<Finding>,
) -> Result<(), DoctorError> {
    let path = layout.program();
    if !executable::is_executable(&path) {
        findings.push(program_missing(layout));
        return Ok(());
    }
    let mut found = |id, what: String, remedy: &str| {
        findings.push(Finding {
            id,
            what,
            place: path.display().to_string(),
            remedy: remedy.to_owned(),
        });
    };
    let recorded = &manifest.program;
    if digest(&path)? != recorded.sha256 {
        let what = "the installed program is not the one that was put there".to_owned();
        found(Id::ProgramAltered, what, REINSTALL);
        return Ok(());
    }
    let this = env!("CARGO_PKG_VERSION");
    let versions = format!(
        "the installed program is {}, and this one is {this}",
        recorded.version
    );
    match numbers(&recorded.version).cmp(&numbers(this)) {
        std::cmp::Ordering::Less => found(Id::ProgramOlder, versions, REINSTALL),
        std::cmp::Ordering::Greater => found(
            Id::ProgramNewer,
            versions,
            "update the git-baton that you run; installing from it would put the older one here",
        ),
        std::cmp::Ordering::Equal => {
            let current = executable::current().map_err(DoctorError::io("the running program"))?;
            if digest(&current)? != recorded.sha256 {
                let what = format!("the installed program is another build of version {this}");
                found(Id::ProgramOtherBuild, what, REINSTALL);
            }
        }
    }
    Ok(())
}

/// The numbers of a version, to compare.
fn numbers(version: &str) -> Vec<u64> {
    let numbers = version.split(['.', '-', '+']).map(str::parse);
    numbers.map_while(Result::ok).collect()
}

fn examine_hook(layout: &Layout, hook: &str, path: &Path) -> Result<Option<Finding>, DoctorError> {
    let in_place = path == layout.hook(hook);
    let found = |id, what: &str, remedy: &str| {
        Ok(Some(Finding {
            id,
            what: format!("the hook {} {what}", layout.name_of(path)),
            place: path.display().to_string(),
            remedy: remedy.to_owned(),
        }))
    };
    if !file::is_taken(path) {
        return found(Id::HookMissing, "is gone", REINSTALL);
    }
    if !path.exists() {
        return found(
            Id::HookDangling,
            "is a link that leads nowhere; git passes over it in silence",
            "remove the link; then run `git baton install`",
        );
    }
    if executable::is_marked(path) && !executable::is_executable(path) {
        return found(
            Id::HookNotExecutable,
            "may not be run by this user, or on this file system, and git passes over it",
            MAKE_RUNNABLE,
        );
    }
    if !executable::is_executable(path) {
        return found(
            Id::HookNotExecutable,
            "is not executable, and git passes over it",
            REINSTALL,
        );
    }
    if layout
        .is_current(path, hook)
        .map_err(DoctorError::io(path))?
    {
        return Ok(None);
    }
    let occupant = layout.occupant_of(path).map_err(DoctorError::io(path))?;
    if occupant == Occupant::Baton {
        let text = read_hook(path).map_err(DoctorError::io(path))?;
        return match text {
            Some(text) if text.program != layout.program() => Ok(Some(moved(path, &text.program))),
            Some(text) if text.is_edited => found(
                Id::HookReplaced,
                "has lines that are not Baton's",
                "move them to a hook of their own; `git baton install` says where to",
            ),
            Some(text) if text.name() == hook => found(
                Id::ProgramOlder,
                "is as another version of Baton wrote it",
                REINSTALL,
            ),
            Some(_) => found(Id::HookReplaced, "is another hook of Baton's", REINSTALL),
            None => found(
                Id::ProgramOlder,
                "is the program itself, as an earlier Baton installed it: what is written to one hook is written to all",
                REINSTALL,
            ),
        };
    }
    if !in_place {
        let remedy = format!("give that file another name; then {REINSTALL}");
        return found(Id::HookReplaced, "is not Baton's", &remedy);
    }
    let renamed = renamed::all(layout, None)?;
    let what = match renamed.iter().find(|one| one.hook == hook) {
        Some(renamed) if renamed.may_be_called(path)? => format!(
            "is not Baton's, which was renamed to {}, and runs only where that hook runs it",
            layout.name_of(&renamed.path)
        ),
        Some(renamed) => format!(
            "is not Baton's, which was renamed to {} and does not run",
            layout.name_of(&renamed.path)
        ),
        None => "is not Baton's, which does not run".to_owned(),
    };
    let remedy = match layout.earlier(hook) {
        Some(earlier) => format!(
            "{REINSTALL}: it keeps that file, runs it before its own answer, and leaves the one that was there before Baton beside {}",
            earlier.display()
        ),
        None => format!("{REINSTALL}: it keeps that file, and runs it before its own answer"),
    };
    found(Id::HookReplaced, &what, &remedy)
}

/// The hooks start a program elsewhere.
fn moved(path: &Path, program: &Path) -> Finding {
    Finding {
        id: Id::HookMoved,
        what: format!(
            "the hooks start {}, which is not this repository's program: the repository has moved, or is another's copy, and git says “cannot exec” where nothing is there",
            program.display()
        ),
        place: path.display().to_string(),
        remedy: REINSTALL.to_owned(),
    }
}

fn digest(path: &Path) -> Result<String, DoctorError> {
    executable::digest(path).map_err(DoctorError::io(path))
}
