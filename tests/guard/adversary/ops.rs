//! What the actors do, as values. Each number is an index into what there is when its turn comes,
//! so that any sequence is a sequence, and a shorter one as well.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// Who signs a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signature {
    None,
    Ann,
    Bob,
    Mallory,
    /// The signature of another commit.
    Copied,
}

/// How a merge is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settle {
    Plain,
    Ours,
    OptionOurs,
    OptionTheirs,
    /// The tree of the other side, which no settle of git's takes whole.
    Theirs,
    /// The merge of a history that has nothing in common.
    Unrelated,
}

/// One step of one actor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Op {
    /// A commit that writes a file which nothing protects.
    Work {
        on: u8,
        file: u8,
    },
    /// A commit that writes, or deletes, a protected path or an alias of one.
    Write {
        on: u8,
        path: u8,
        content: u8,
        by: Signature,
    },
    /// A commit that sets another policy, other signers, or both.
    Policy {
        on: u8,
        policy: u8,
        signers: u8,
        by: Signature,
    },
    /// A commit with the logs of sessions.
    Logs {
        on: u8,
        sessions: u8,
    },
    /// A commit in the form of an acceptance, or in one that is nearly that: of all that keeps a
    /// commit from the default branch, or of one commit and one rule.
    Accept {
        on: u8,
        what: u8,
        rule: u8,
        form: u8,
        by: Signature,
    },
    /// A session's log and the aggregate of it, by the program.
    Aggregate {
        on: u8,
    },
    Merge {
        on: u8,
        with: u8,
        settle: Settle,
        by: Signature,
    },
    Octopus {
        on: u8,
        with: u8,
        and: u8,
    },
    /// What a forge's squash makes of a merge.
    Squash {
        on: u8,
        with: u8,
    },
    Revert {
        on: u8,
        what: u8,
    },
    CherryPick {
        on: u8,
        what: u8,
    },
    Rebase {
        what: u8,
        onto: u8,
    },
    Amend {
        what: u8,
    },
    /// A root commit with the tree of another commit, but for one path.
    Root {
        like: u8,
        path: u8,
        content: u8,
    },
    /// A commit of another commit's tree.
    Restore {
        on: u8,
        like: u8,
        by: Signature,
    },
    /// A commit whose tree git would not write.
    Malformed {
        on: u8,
        how: u8,
    },
    /// A commit of an odd day.
    Dated {
        on: u8,
        date: u8,
    },
    /// A push by somebody with the right to: branches and what they are to name.
    Push {
        updates: Vec<(u8, Option<u8>)>,
        atomic: bool,
    },
    /// A push to the server's other namespace.
    PushNamespaced {
        what: u8,
    },
    /// A push to a reference that is no branch.
    Park {
        what: u8,
        reference: u8,
    },
    /// The server's administrator moves a branch, which no hook sees, to where it may go.
    Administer {
        what: u8,
        branch: u8,
    },
    /// An honest agent works in a clone with hooks and pushes.
    Clone {
        branch: u8,
    },
    /// A pull or merge request for the default branch, judged in CI and merged where it is green.
    Request {
        what: u8,
        service: u8,
        stale: bool,
    },
    /// A push to a forge without hooks, judged in CI.
    Publish {
        what: u8,
    },
}

/// Sequences of these.
pub fn sequences() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 4..18)
}

fn op() -> impl Strategy<Value = Op> {
    let any = any::<u8>;
    prop_oneof![
        3 => (any(), any()).prop_map(|(on, file)| Op::Work { on, file }),
        3 => (any(), any(), 0..4u8, by()).prop_map(|(on, path, content, by)| Op::Write {
            on, path, content, by
        }),
        5 => (any(), any(), any(), by()).prop_map(|(on, policy, signers, by)| Op::Policy {
            on, policy, signers, by
        }),
        1 => (any(), 1..4u8).prop_map(|(on, sessions)| Op::Logs { on, sessions }),
        1 => any().prop_map(|on| Op::Aggregate { on }),
        4 => (any(), any(), any(), any(), by()).prop_map(|(on, what, rule, form, by)| Op::Accept {
            on, what, rule, form, by
        }),
        2 => (any(), any()).prop_map(|(on, with)| Op::Squash { on, with }),
        5 => (any(), any(), settle(), by()).prop_map(|(on, with, settle, by)| Op::Merge {
            on, with, settle, by
        }),
        1 => (any(), any(), any()).prop_map(|(on, with, and)| Op::Octopus { on, with, and }),
        2 => (any(), any()).prop_map(|(on, what)| Op::Revert { on, what }),
        2 => (any(), any()).prop_map(|(on, what)| Op::CherryPick { on, what }),
        1 => (any(), any()).prop_map(|(what, onto)| Op::Rebase { what, onto }),
        1 => any().prop_map(|what| Op::Amend { what }),
        2 => (any(), any(), 0..4u8).prop_map(|(like, path, content)| Op::Root {
            like, path, content
        }),
        2 => (any(), any(), by()).prop_map(|(on, like, by)| Op::Restore { on, like, by }),
        1 => (any(), any()).prop_map(|(on, how)| Op::Malformed { on, how }),
        1 => (any(), any()).prop_map(|(on, date)| Op::Dated { on, date }),
        14 => (prop::collection::vec((any(), target()), 1..3), prop::bool::ANY)
            .prop_map(|(updates, atomic)| Op::Push { updates, atomic }),
        1 => any().prop_map(|what| Op::PushNamespaced { what }),
        1 => (any(), any()).prop_map(|(what, reference)| Op::Park { what, reference }),
        1 => (any(), any()).prop_map(|(what, branch)| Op::Administer { what, branch }),
        1 => any().prop_map(|branch| Op::Clone { branch }),
        3 => (any(), any(), prop::bool::ANY).prop_map(|(what, service, stale)| Op::Request {
            what, service, stale
        }),
        3 => any().prop_map(|what| Op::Publish { what }),
    ]
}

fn by() -> impl Strategy<Value = Signature> {
    prop_oneof![
        4 => Just(Signature::None),
        6 => Just(Signature::Ann),
        2 => Just(Signature::Bob),
        1 => Just(Signature::Mallory),
        1 => Just(Signature::Copied),
    ]
}

fn settle() -> impl Strategy<Value = Settle> {
    prop_oneof![
        3 => Just(Settle::Plain),
        2 => Just(Settle::Ours),
        1 => Just(Settle::OptionOurs),
        1 => Just(Settle::OptionTheirs),
        3 => Just(Settle::Theirs),
        1 => Just(Settle::Unrelated),
    ]
}

/// What a branch is to name; seldom nothing.
fn target() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![
        6 => any::<u8>().prop_map(Some),
        1 => Just(None),
    ]
}
