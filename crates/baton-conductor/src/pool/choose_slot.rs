//! Which slot is quickest to bring to a commit.

use super::PoolError;
use super::state::Slot;
use baton_core::model::Oid;
use baton_git::Repo;

/// The number of commits back in which a slot's base is looked for. Further away it does not matter which slot it is.
const HORIZON: usize = 200;

/// The name of the slot whose base is `target`, or else the nearest before it along first
/// parents, or else any.
pub fn nearest<'s>(
    repo: &Repo,
    target: Oid,
    slots: impl Iterator<Item = &'s Slot>,
) -> Result<Option<String>, PoolError> {
    let slots: Vec<_> = slots.collect();
    let at = |commit: Oid| slots.iter().find(|slot| slot.base == Some(commit));
    if let Some(slot) = at(target) {
        return Ok(Some(slot.name.clone()));
    }
    let bases: Vec<_> = slots.iter().filter_map(|slot| slot.base).collect();
    // Where all are equally far away there is nothing to look for.
    if bases.windows(2).any(|pair| pair[0] != pair[1]) {
        let (mut commit, mut buffer) = (target, Vec::new());
        for _ in 0..HORIZON {
            let parents = repo.objects().commit(commit, &mut buffer)?.parents;
            let Some(parent) = parents.first() else { break };
            commit = *parent;
            if let Some(slot) = at(commit) {
                return Ok(Some(slot.name.clone()));
            }
        }
    }
    Ok(slots.first().map(|slot| slot.name.clone()))
}
