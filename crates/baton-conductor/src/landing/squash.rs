//! Several commits of one session as one.

use std::collections::{BTreeSet, HashSet};

use bstr::{BString, ByteSlice};

use baton_core::model::{Change, Oid, SessionId, trailers};
use baton_core::policy::Policy;
use baton_core::rules;
use baton_git::commit_object::{self, Told};
use baton_git::history::Walked;
use baton_git::{GitError, Repo};
use baton_guard::GuardError;
use baton_guard::change::ChangeReader;

/// The sessions whose work these commits carry.
pub fn sessions_of(
    repo: &Repo,
    policy: &Policy,
    commits: &[Walked],
) -> Result<BTreeSet<String>, GuardError> {
    let mut found = BTreeSet::new();
    for one in commits {
        let sessions = carried(repo, policy, one.oid)?;
        found.extend(sessions.iter().map(|session| session.number().to_owned()));
    }
    Ok(found)
}

fn carried(repo: &Repo, policy: &Policy, oid: Oid) -> Result<Vec<SessionId>, GuardError> {
    let commit = repo.objects().commit(oid, &mut Vec::new())?;
    let mut reader = ChangeReader::new(repo.objects(), policy);
    Ok(match reader.change(oid, &commit, &|_| None)? {
        Change::Commit(change) => rules::sessions(policy, &change),
        Change::Tip(_)
        | Change::Choice(_)
        | Change::Branch(_)
        | Change::Stash(_)
        | Change::Claimed(_) => Vec::new(),
    })
}

/// The commits of a line, oldest first, in one group a session. A commit that names none belongs
/// to the session of the next that does, or of the last.
///
/// Says why where that cannot be: a session's commits are not next to each other, or one commit
/// carries several.
pub fn groups(
    repo: &Repo,
    policy: &Policy,
    line: &[Oid],
) -> Result<Result<Vec<Vec<Oid>>, String>, GuardError> {
    let mut named = Vec::with_capacity(line.len());
    for oid in line {
        let mut sessions = carried(repo, policy, *oid)?;
        if sessions.len() > 1 {
            return Ok(Err(format!("{} carries several sessions", oid.short())));
        }
        named.push(sessions.pop().map(|one| one.number().to_owned()));
    }
    Ok(grouped(line, &named))
}

fn grouped(line: &[Oid], named: &[Option<String>]) -> Result<Vec<Vec<Oid>>, String> {
    let mut groups: Vec<(Option<String>, Vec<Oid>)> = Vec::new();
    for (oid, session) in line.iter().zip(named) {
        match groups.last_mut() {
            Some((known, group)) if known.is_none() || session.is_none() || *known == *session => {
                // What follows a session's commit without a name may be the beginning of the next
                // session's work; it then goes with that.
                if session.is_some() {
                    known.clone_from(session);
                }
                group.push(*oid);
            }
            _ => groups.push((session.clone(), vec![*oid])),
        }
    }
    let mut seen = HashSet::new();
    for (session, _) in &groups {
        if let Some(session) = session
            && !seen.insert(session)
        {
            return Err(format!(
                "the commits of session {session} are not next to each other, so that they cannot \
                 become one"
            ));
        }
    }
    Ok(groups.into_iter().map(|(_, group)| group).collect())
}

/// Returns the text of the one commit that takes the place of these, oldest first: a single one's own
/// words; of several, the first one's subject, a list of the others' and every trailer, once. Its
/// author is the last one's.
pub fn told(repo: &Repo, policy: &Policy, commits: &[Oid]) -> Result<Told, GitError> {
    let mut all = Vec::with_capacity(commits.len());
    for commit in commits {
        all.push(commit_object::told(repo, *commit)?);
    }
    let Some(last) = all.last().cloned() else {
        return Err(GitError::Refs("no commit is there to squash".to_owned()));
    };
    if all.len() == 1 {
        return Ok(last);
    }
    let messages: Vec<_> = all.iter().map(|one| &one.message).collect();
    Ok(Told {
        message: message(&messages, &policy.trailers.session),
        encoding: None,
        ..last
    })
}

fn message(messages: &[&BString], session_key: &str) -> BString {
    let subject = |message: &BString| message.lines().next().unwrap_or_default().to_vec();
    let mut text = BString::from(subject(messages[0]));
    text.push(b'\n');
    for (at, other) in messages.iter().skip(1).enumerate() {
        text.extend_from_slice(if at == 0 { b"\n* " } else { b"* " });
        text.extend_from_slice(&subject(other));
        text.push(b'\n');
    }
    let mut lines: Vec<BString> = Vec::new();
    for message in messages {
        for trailer in trailers::trailers(message.as_bstr(), &[session_key]) {
            let line = BString::from([&trailer.key[..], b": ", &trailer.value[..]].concat());
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    if !lines.is_empty() {
        text.push(b'\n');
    }
    for line in lines {
        text.extend_from_slice(&line);
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(number: u8) -> Oid {
        Oid::from_bytes(&[number; 20]).unwrap()
    }

    fn named(names: &[&str]) -> Vec<Option<String>> {
        let name = |name: &&str| (!name.is_empty()).then(|| (*name).to_owned());
        names.iter().map(name).collect()
    }

    #[test]
    fn each_session_has_a_group_and_the_unnamed_join_one() {
        let line: Vec<_> = (1..=5).map(oid).collect();
        let groups = grouped(&line, &named(&["", "19", "19", "20", ""])).unwrap();
        assert_eq!(groups, [line[..3].to_vec(), line[3..].to_vec()]);
    }

    #[test]
    fn sessions_that_alternate_cannot_be_squashed() {
        let line: Vec<_> = (1..=3).map(oid).collect();
        let why = grouped(&line, &named(&["19", "20", "19"])).unwrap_err();
        assert!(why.contains("session 19"), "{why}");
    }

    #[test]
    fn subjects_are_listed_and_trailers_kept_once() {
        let one = BString::from("Begin\n\nmore\n\nBaton-Session: 19\n");
        let two = BString::from("Go on\n\nBaton-Session: 19\nHelped-by: x\n");
        let three = BString::from("End\n");
        assert_eq!(
            message(&[&one, &two, &three], "Baton-Session"),
            "Begin\n\n* Go on\n* End\n\nBaton-Session: 19\nHelped-by: x\n"
        );
    }
}
