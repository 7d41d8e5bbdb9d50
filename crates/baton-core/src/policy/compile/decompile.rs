//! From a [`Policy`] to the file's tables.

use crate::policy::branch_glob::BranchGlob;
use crate::policy::branch_rule::BranchRule;
use crate::policy::conductor::ConductorTable;
use crate::policy::glob::PathGlob;
use crate::policy::schema::{
    AggregateSigning, Binding, BranchesTable, ClaimedPaths, GuardTable, HandoffTable, PolicyFile,
    ProtectedTable, SessionBranches, SessionsTable, SharedStash, SigningTable, TrailersTable,
    VERSION, unplaced, unplaced_text,
};
use crate::policy::{Policy, Protected, SessionPattern, merge, pool, subjects};

/// The file that compiles to `policy`, with every key written out.
pub fn decompile(policy: &Policy) -> PolicyFile {
    let texts = |texts: &mut dyn Iterator<Item = &str>| texts.map(unplaced_text).collect();
    let protected = |entry: &Protected| ProtectedTable {
        paths: texts(&mut entry.paths.iter().map(PathGlob::as_str)),
        writer: entry.writer,
    };
    let (sessions, branches) = (&policy.sessions, &policy.branches);
    let wording = &policy.handoff.wording;
    PolicyFile {
        version: unplaced(VERSION),
        handoff: HandoffTable {
            path: unplaced(policy.handoff.path.to_string()),
            heading: unplaced_text(&policy.handoff.heading),
            entry_title: unplaced_text(wording.entry_title.as_str()),
            single_title: Some(unplaced_text(wording.single_title.as_str())),
            session_title: unplaced_text(wording.session_title.as_str()),
            orchestrator_label: unplaced_text(wording.orchestrator_label.as_str()),
            agents_label: unplaced_text(wording.agents_label.as_str()),
            max_bytes: policy.handoff.budget.max_bytes.unwrap_or(0),
            keep_entries: policy.handoff.budget.keep_entries.unwrap_or(0),
            archive: unplaced_text(policy.handoff.archive.as_str()),
        },
        sessions: SessionsTable {
            logs: texts(&mut sessions.logs.iter().map(SessionPattern::as_str)),
            summaries: texts(&mut sessions.summaries.iter().map(SessionPattern::as_str)),
            max_per_commit: unplaced(sessions.max_per_commit),
            bind_summaries: match sessions.bound {
                true => Binding::Required,
                false => Binding::Optional,
            },
            remote: sessions.remote.as_deref().map(unplaced_text),
            branches: match sessions.own_branches {
                true => SessionBranches::Own,
                false => SessionBranches::Any,
            },
            stash: match sessions.may_stash {
                true => SharedStash::Allowed,
                false => SharedStash::Refused,
            },
            claims: match sessions.refuses_claimed {
                true => ClaimedPaths::Refuse,
                false => ClaimedPaths::Warn,
            },
        },
        trailers: TrailersTable {
            session: unplaced_text(&policy.trailers.session),
            aggregate: unplaced_text(&policy.trailers.aggregate),
            summary: unplaced_text(&policy.trailers.summary),
            base: unplaced_text(&policy.trailers.base),
            archive: unplaced_text(&policy.trailers.archive),
            seal: unplaced_text(&policy.trailers.seal),
            overriding: unplaced_text(&policy.trailers.overriding),
        },
        branches: BranchesTable {
            include: texts(&mut branches.include.iter().map(BranchGlob::as_str)),
            exclude: texts(&mut branches.exclude.iter().map(BranchGlob::as_str)),
        },
        signing: SigningTable {
            allowed_signers: unplaced(policy.signing.allowed_signers.to_string()),
            aggregate: match policy.signing.aggregate {
                true => AggregateSigning::Required,
                false => AggregateSigning::Optional,
            },
            maintainers: policy.signing.maintainers.clone(),
            orchestrators: policy.signing.orchestrators.clone(),
        },
        guard: GuardTable {
            repair: policy.repairs_guard,
            missing_program: policy.missing_program,
        },
        pool: pool::decompile(&policy.pool),
        merge: merge::decompile(&policy.merge),
        conductor: ConductorTable::from(&policy.conductor),
        subjects: subjects::decompile(&policy.subjects),
        protected: policy.protected.iter().map(protected).collect(),
        branch: policy.branch_rules.iter().map(BranchRule::table).collect(),
    }
}
