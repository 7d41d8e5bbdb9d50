//! The warnings of a command beside its result: each once, however often and in whichever
//! thread it is met.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

static WARNINGS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn warnings() -> MutexGuard<'static, BTreeSet<String>> {
    WARNINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a warning, a sentence, until the process tells it.
pub fn warn(text: String) {
    warnings().insert(text);
}

/// The warnings so far, which are not given again until they are met again.
pub fn take() -> BTreeSet<String> {
    std::mem::take(&mut warnings())
}
