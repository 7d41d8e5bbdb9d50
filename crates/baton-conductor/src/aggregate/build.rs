//! From the plan to a commit object that no reference names yet.

use bstr::{BString, ByteSlice};

use super::{AggregateBase, AggregateError, Plan, message};
use crate::landing::transaction::Landing;
use baton_core::handoff::{self, Limits};
use baton_core::model::{Entry, Oid};
use baton_core::rules;
use baton_git::commit_object::NewCommit;
use baton_git::signing::{self, Signing};
use baton_git::tree::Trees;
use baton_git::{Repo, tree_edit};
use baton_guard::change::ChangeReader;
use baton_hooks::team::TeamHooks;

/// The new texts of the handoff file and the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The handoff file.
    pub document: BString,
    /// The archive file of the day: its path, its text, and how many entries came in.
    pub archive: Option<(BString, BString, usize)>,
}

/// A commit, made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Where it is to land.
    pub landing: Landing,
    /// Its message.
    pub message: BString,
}

/// The files with the entry in, within the budget.
pub fn render(repo: &Repo, base: &AggregateBase, plan: &Plan) -> Result<Rendered, AggregateError> {
    let table = &base.policy().handoff;
    let entry = handoff::render_entry(&plan.entry(), &table.wording)?;
    let before = base.document.clone().unwrap_or_default();
    let limits = Limits {
        bytes: table.budget.max_bytes,
        entries: table.budget.keep_entries,
    };
    let (heading, wording) = (&table.heading, &table.wording);
    let count = handoff::surplus(before.as_bstr(), heading, wording, entry.as_bstr(), limits);
    let trimmed = handoff::take_oldest(before.as_bstr(), heading, wording, count);
    let (kept, taken) = trimmed.map_or((before, Vec::new()), |it| (it.document, it.taken));
    let kept = base.document.as_ref().map(|_| kept.as_bstr());
    let document = handoff::insert(kept, heading, entry.as_bstr());
    let archive = match taken.len() {
        0 => None,
        count => {
            let path = table.archive.path(&plan.date);
            let objects = repo.objects();
            let old = Trees::new(objects).entry(base.tree, path.as_ref())?;
            let old = old.map(|entry| objects.blob(entry.oid)).transpose()?;
            let old = old.as_ref().map(|text| text.as_bstr());
            let text = handoff::archived(old, heading, &taken);
            Some((path, text, count))
        }
    };
    Ok(Rendered { document, archive })
}

/// The message of the commit on top of the ground, but for its seal.
pub fn message(base: &AggregateBase, plan: &Plan, rendered: &Rendered) -> BString {
    let archive = rendered.archive.as_ref();
    let moved = archive.map(|(path, _, count)| (*count, path.as_bstr()));
    let policy = base.policy();
    let subject = message::subject(&base.subjects, &plan.numbers(), &base.branch.readable());
    message::message(plan, base.tip, moved, &policy.trailers, &subject)
}

/// Makes the commit and judges it as every hook will.
pub fn build(
    repo: &Repo,
    base: &AggregateBase,
    plan: &Plan,
    signing: &Signing,
) -> Result<Built, AggregateError> {
    let rendered = render(repo, base, plan)?;
    let message = message(base, plan, &rendered);
    let message = TeamHooks::of(repo)?.commit(message.as_bstr(), "aggregate")?;
    let mode = base.handoff.map_or(0o100_644, |entry| entry.mode);
    let blob = |text: &BString| repo.store().blob(text);
    let document = Entry {
        mode,
        oid: blob(&rendered.document)?,
    };
    let mut files = vec![(base.policy().handoff.path.clone(), document)];
    if let Some((path, text, _)) = &rendered.archive {
        let old = Trees::new(repo.objects()).entry(base.tree, path.as_ref())?;
        let archive = Entry {
            mode: old.map_or(0o100_644, |entry| entry.mode),
            oid: blob(text)?,
        };
        files.push((path.clone(), archive));
    }
    let tree = tree_edit::tree_with(repo, base.tree, &files)?;
    // The seal is over UTF-8.
    let who = base.committer.to_str_lossy();
    let who = who.as_bytes().as_bstr();
    let unsealed = signing::unsigned(tree, base.tip, message.as_bstr(), who);
    let seal = rules::aggregate::seal(&base.policy().trailers.seal, unsealed.as_bstr());
    let message = BString::from([&message[..], seal.as_bytes()].concat());
    let new = commit(repo, tree, base, &message, who, signing)?;
    Ok(Built {
        landing: base.landing(new),
        message,
    })
}

/// Makes a commit on top of the ground and judges it as every hook will.
pub(crate) fn commit(
    repo: &Repo,
    tree: Oid,
    base: &AggregateBase,
    message: &BString,
    who: &bstr::BStr,
    signing: &Signing,
) -> Result<Oid, AggregateError> {
    let new = NewCommit {
        tree,
        parents: &[base.tip],
        author: who,
        committer: who,
        encoding: None,
        message: message.as_bstr(),
    };
    let new = signing::write(repo, &new, signing)?;
    let commit = repo.objects().commit(new, &mut Vec::new())?;
    let mut reader = ChangeReader::new(repo.objects(), base.policy());
    let change = reader.change(new, &commit, &|_| None)?;
    let verdict = rules::check(base.policy(), &change);
    match verdict.is_clean() {
        true => Ok(new),
        false => Err(AggregateError::Refused(
            verdict
                .violations
                .into_iter()
                .map(|one| one.message)
                .collect(),
        )),
    }
}
