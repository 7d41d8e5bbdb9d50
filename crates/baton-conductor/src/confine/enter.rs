//! Begins a confinement and ends it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::record::{self, Record};
use super::{ConfinedError, Place, Refusals, Report, Terms, VARIABLE, collect, is_inside, modes};
use baton_core::confine::Confinement;
use baton_core::model::{Oid, RefName};
use baton_git::operation::Operation;
use baton_git::private_git_dir::{PrivateGitDir, State};
use baton_git::slot;
use baton_sys::confine::Room;
use baton_sys::{FileLock, file, supervise, temporary};

/// The time that what a command has left running may take to end.
const GRACE: Duration = Duration::from_secs(2);

/// A worktree in which a command works confined. Dropped without [`Confined::leave`], it is as if this process was killed.
pub struct Confined {
    place: Place,
    room: Arc<Room>,
    private: PrivateGitDir,
    /// The state in which the private git directory was made; `None` for one that was there.
    made: Option<State>,
    record: Record,
    confinement: Confinement,
    _turn: FileLock,
}

/// Confines commands to the worktree. `job` is the name by which what they start is known ([`supervise::JOB_VARIABLE`]).
/// Returns also what came of an earlier command whose conductor was killed.
pub fn enter(
    place: Place,
    terms: &Terms,
    job: &str,
) -> Result<(Confined, Option<Report>), ConfinedError> {
    if let Some(worktree) = is_inside() {
        return Err(ConfinedError::Inside(worktree));
    }
    let turn = turn(&place)?;
    let earlier_report = finish(&place, terms)?;
    let (branch, tip) = checked_out(&place)?;
    let private = PrivateGitDir::at(&place.repo, place.private_git_dir());
    let earlier = Record::read(&place)?.filter(|earlier| {
        private.exists() && earlier.branch() == branch && earlier.tip() == Some(tip)
    });
    let mut made = None;
    if earlier.is_none() {
        refuse_unfinished(&place)?;
        set_aside(&place)?;
        let refs = private.create(&place.repo, &branch, &place.spare())?;
        let path = collect::first_refs(&place);
        file::write_if_other(&path, &refs).map_err(ConfinedError::io(path))?;
        made = Some(private.state()?);
    }
    let note = place.directory().join("temporary");
    let temporary = temporary::take(&note).map_err(ConfinedError::io("/tmp"))?;
    let own = [place.root.as_path(), private.path(), &temporary];
    let confinement = terms.confinement(&own);
    let room = Arc::new(Room::new(&confinement)?);
    let record = Record {
        branch: branch.to_string(),
        tip: tip.to_string(),
        runs: true,
        job: job.to_owned(),
        temporary: Some(temporary),
        modes: modes::of(&place.repo)?,
        link: own_link(&place)?,
        stashes: earlier.map(|earlier| earlier.stashes).unwrap_or_default(),
    };
    record.write(&place)?;
    place.link_to(&Place::link_text(private.path()))?;
    let confined = Confined {
        place,
        room,
        private,
        made,
        record,
        confinement,
        _turn: turn,
    };
    Ok((confined, earlier_report))
}

/// Brings back what a command did whose conductor was killed; `None` where there is nothing.
pub fn recover(place: &Place, terms: &Terms) -> Result<Option<Report>, ConfinedError> {
    let _turn = turn(place)?;
    finish(place, terms)
}

impl Confined {
    /// The room in which commands are started.
    pub fn room(&self) -> &Arc<Room> {
        &self.room
    }

    /// The private git directory.
    pub fn git_dir(&self) -> &Path {
        self.private.path()
    }

    /// The root of the worktree.
    pub fn root(&self) -> &Path {
        &self.place.root
    }

    /// The reader of what the command prints for what it was refused.
    pub fn refusals(&self) -> Refusals {
        Refusals::of(&self.confinement)
    }

    /// The variables that a command finds set.
    pub fn env(&self) -> Vec<(OsString, OsString)> {
        let temporary = self.record.temporary.as_ref();
        let mut env = vec![(VARIABLE.into(), OsString::from(&self.place.id))];
        env.extend(temporary.map(|path| ("TMPDIR".into(), path.into())));
        env
    }

    /// Ends what the commands have left running, and brings back what they did.
    pub fn leave(self) -> Result<Report, ConfinedError> {
        end_leftovers(&self.record)?;
        self.leave_ended()
    }

    /// The same, where nothing runs that the commands have started.
    pub fn leave_ended(mut self) -> Result<Report, ConfinedError> {
        let temporary = self.record.temporary.as_ref();
        if let Some(used) = temporary.filter(|path| !temporary::is_ready(path)) {
            // What cannot be removed lies there as others' rests do.
            file::remove_all_if_exists(used).ok();
        }
        settle(
            &self.place,
            &self.room,
            &self.private,
            self.made.as_ref(),
            &mut self.record,
        )
    }
}

/// Leaves after a process that was killed.
fn finish(place: &Place, terms: &Terms) -> Result<Option<Report>, ConfinedError> {
    let Some(mut record) = Record::read(place)?.filter(|record| record.runs) else {
        return Ok(None);
    };
    let private = PrivateGitDir::at(&place.repo, place.private_git_dir());
    end_leftovers(&record)?;
    if let Some(temporary) = &record.temporary {
        // What cannot be removed lies there as others' rests do.
        file::remove_all_if_exists(temporary).ok();
    }
    let room = Room::new(&terms.confinement(&[&place.root, private.path()]))?;
    settle(place, &room, &private, None, &mut record).map(Some)
}

/// Puts everything in its place. The file `.git` leads to the repository again, even where the rest fails.
fn settle(
    place: &Place,
    room: &Room,
    private: &PrivateGitDir,
    made: Option<&State>,
    record: &mut Record,
) -> Result<Report, ConfinedError> {
    let moved = place.link_to(record.link.as_bytes());
    let repaired = modes::restore(&record.modes);
    let is_unused = made.is_some_and(|then| private.is_still(then));
    let mut report = match is_unused {
        true => Report::unmoved(record.branch()),
        false => match collect::collect(place, room, private, record) {
            Ok(report) => report,
            Err(error) => not_back(place, record, &error)?,
        },
    };
    report.repaired = repaired?;
    report.moved = moved?;
    record.runs = false;
    match report.stays {
        Some(_) => record.write(place)?,
        None => {
            match is_unused {
                true => private.spare(&place.spare())?,
                false => remove(private.path())?,
            }
            record::remove(place)?;
        }
    }
    Ok(report)
}

/// The report where nothing could be brought back. The private git directory is set aside, so that it stops no later command.
fn not_back(
    place: &Place,
    record: &Record,
    error: &ConfinedError,
) -> Result<Report, ConfinedError> {
    let kept = set_aside(place)?;
    let kept = kept.map_or_else(String::new, |path| {
        format!("; its git directory is kept as {}", path.display())
    });
    Ok(Report {
        failed: Some(format!("what the command did is not back: {error}{kept}")),
        ..Report::unmoved(record.branch())
    })
}

fn end_leftovers(record: &Record) -> Result<(), ConfinedError> {
    let ended = supervise::end_leftovers(&record.job, GRACE);
    ended.map(drop).map_err(ConfinedError::io("/proc"))
}

/// Removes a private git directory, whatever the command made of its permissions.
fn remove(path: &Path) -> Result<(), ConfinedError> {
    if file::remove_all_if_exists(path).is_ok() {
        return Ok(());
    }
    file::make_directories_writable(path).map_err(ConfinedError::io(path))?;
    file::remove_all_if_exists(path).map_err(ConfinedError::io(path))
}

/// Moves a private git directory out of the way that the repository has moved on from. Returns where to.
fn set_aside(place: &Place) -> Result<Option<PathBuf>, ConfinedError> {
    let path = place.private_git_dir();
    if !file::is_taken(&path) {
        return Ok(None);
    }
    let directory = place.directory();
    let mut free = (1..).map(|n| directory.join(format!("set-aside-{n}")));
    let free = free.find(|path| !file::is_taken(path));
    if let Some(free) = &free {
        file::rename(&path, free).map_err(ConfinedError::io(path))?;
    }
    Ok(free)
}

fn turn(place: &Place) -> Result<FileLock, ConfinedError> {
    let path = place.directory().join("lock");
    let turn = FileLock::try_acquire(&path).map_err(ConfinedError::io(path))?;
    turn.ok_or_else(|| ConfinedError::Busy(place.root.clone()))
}

fn checked_out(place: &Place) -> Result<(RefName, Oid), ConfinedError> {
    let refs = place.repo.refs();
    let branch = refs.symbolic("HEAD")?;
    let branch = branch.ok_or_else(|| ConfinedError::NoBranch(place.root.clone()))?;
    let tip = refs.resolve(&branch)?;
    let tip = tip.ok_or_else(|| ConfinedError::Unborn(branch.clone()))?;
    Ok((branch, tip))
}

fn refuse_unfinished(place: &Place) -> Result<(), ConfinedError> {
    match Operation::in_progress(&place.repo)? {
        None => Ok(()),
        Some(operation) => Err(ConfinedError::Unfinished {
            operation: operation.name(),
            abort: operation.abort_command(),
            root: place.root.clone(),
        }),
    }
}

/// The text of the file `.git` that leads to the repository: the one that is there, where it does.
fn own_link(place: &Place) -> Result<String, ConfinedError> {
    let own = place.repo.git_dir();
    let leads = slot::linked_git_dir(&place.root)?;
    let text = leads.filter(|path| file::is_same_place(path, own));
    Ok(match text {
        Some(_) => {
            let link = place.root.join(".git");
            let bytes = file::read(&link).map_err(ConfinedError::io(link))?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        None => String::from_utf8_lossy(&Place::link_text(own)).into_owned(),
    })
}
