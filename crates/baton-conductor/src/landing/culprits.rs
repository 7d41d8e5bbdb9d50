//! The branches with which the tests fail, found and left out.

use std::collections::BTreeMap;

use super::candidates::Candidate;
use super::chain::{self, Chain, Failure};
use super::join::Joiner;
use super::trial::{Trials, Verdict};
use super::{MergeError, bisect};

/// The longest chain of the candidates that passes the tests: first all at once; where that
/// fails, without the first branch with which it begins to fail, and so on.
pub fn left_out(
    joiner: &Joiner<'_, '_>,
    candidates: &[Candidate],
    trials: &mut Trials<'_>,
) -> Result<Chain, MergeError> {
    let mut failed = BTreeMap::new();
    loop {
        let chain = chain::build(joiner, candidates, &mut failed)?;
        if chain.links.is_empty() || chain.end() == chain.start {
            return Ok(chain);
        }
        if trials.take_time() {
            // Before the tests take their time for what cannot land.
            joiner.context.check_checkouts(joiner.repo, chain.end())?;
        }
        let end_at = |links: usize| match links {
            0 => chain.start,
            links => chain.links[links - 1].end,
        };
        let mut passed = 0;
        for links in 1..chain.links.len() {
            if trials.has_passed(end_at(links))? {
                passed = links;
            }
        }
        let mut verdict_at = |links: usize| {
            let names = chain.links[..links].iter();
            let names = names.map(|link| candidates[link.candidate].name.clone());
            trials.run(end_at(links), &names.collect::<Vec<_>>())
        };
        if verdict_at(chain.links.len())? == Verdict::Passed {
            return Ok(chain);
        }
        let culprit = bisect::first_bad(passed, chain.links.len(), |links| {
            Ok::<_, MergeError>(verdict_at(links)? == Verdict::Passed)
        })?;
        let Verdict::Failed { command, log, tail } = verdict_at(culprit)? else {
            continue;
        };
        if (culprit == 1 || trials.is_check(&command))
            && let Verdict::Failed { command, log, .. } = trials.run(chain.start, &[])?
        {
            let into = joiner.context.into.clone();
            return Err(MergeError::TargetFails { into, command, log });
        }
        let log = log.display().to_string();
        let candidate = chain.links[culprit - 1].candidate;
        failed.insert(candidate, Failure::TestFailed { command, log, tail });
    }
}
