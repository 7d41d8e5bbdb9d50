//! What somebody does who was refused: a maintainer accepts what has to stay.

use crate::adversary::accepted::Case;
use crate::adversary::model::{Governed, Key, Oid};
use crate::adversary::objects::place;
use crate::adversary::ops::Signature;
use crate::adversary::oracle::{self, Word};
use crate::adversary::play::file;
use crate::adversary::world::World;
use baton_testkit::Ran;

/// The rules that somebody may name.
const RULES: [&str; 5] = [
    "protected-path",
    "policy-change",
    "aggregate-commit",
    "bundled-sessions",
    "handoff-rollback",
];

/// How many rules of a move are accepted at once, and how many moves are looked at for some.
const MANY: usize = 8;

/// The newest commit, to the default branch.
const TO_MAIN: (u8, Option<u8>) = (0, Some(64));

/// How often a refusal may tell more after what it told was accepted.
const ROUNDS: usize = 3;

impl World {
    /// A commit that accepts something, signed by somebody, or one that only looks like it.
    pub fn accept(&mut self, on: u8, what: u8, rule: u8, form: u8, by: Signature) {
        let (on, names) = match rule {
            0..192 => self.to_accept(on),
            _ => {
                let rule = RULES[usize::from(rule) % RULES.len()];
                (self.pick(on), vec![(self.pick(what), rule)])
            }
        };
        if names.is_empty() || self.commit(&on).malformed {
            return;
        }
        let lines: String = names
            .iter()
            .map(|(oid, rule)| format!("Baton-Accept: {oid} {rule}\n"))
            .collect();
        let mut tree = self.tree_of(&on);
        let mut parents = vec![on.clone()];
        let mut text = format!("\nwhy\n\n{lines}");
        match form % 8 {
            0 => {
                let mut entries = self.commit(&on).entries;
                let blob = self.blob(b"beside the point\n");
                place(&mut entries, "src/accepted", Some(file(blob)));
                tree = self.tree(&entries);
            }
            1 => parents.push(self.pick(what)),
            2 => text.push_str("\nno trailer\n"),
            _ => {}
        }
        let made = self.make_saying(&tree, &parents, by, None, &text);
        if form % 8 > 2 {
            self.history.claims.insert(made, names);
        }
        if rule < 128 {
            self.push(&[TO_MAIN], false);
        }
    }

    /// A commit to which the default branch may not go, this one or one of the newest, and why.
    fn to_accept(&self, on: u8) -> (Oid, Vec<(Oid, &'static str)>) {
        let newest = self.pool.iter().rev().take(MANY).cloned();
        let mut all = std::iter::once(self.pick(on)).chain(newest).map(|on| {
            let names = self.broken_on_the_way_to(&on);
            (on, names)
        });
        let found = all.find(|(_, names)| !names.is_empty());
        found.unwrap_or_default()
    }

    /// What keeps the default branch from going there: the commits that break rules, and which.
    fn broken_on_the_way_to(&self, new: &str) -> Vec<(Oid, &'static str)> {
        let mut names = Vec::new();
        let Some(old) = self.server.get("main") else {
            return names;
        };
        while names.len() < MANY {
            let case = Case::new(&self.history, [&**old, new]).granting(&names);
            let Word::Forbidden(broken) = oracle::of_move(&case, "main", old, new) else {
                break;
            };
            let rules = broken.rules.iter();
            names.extend(rules.map(|rule| (broken.commit.clone(), *rule)));
        }
        names
    }

    /// A maintainer takes the way out that a refusal prints: runs each `git baton accept`, and
    /// pushes again. Where the branch is not the default one, the acceptance goes there first.
    pub fn take_way_out(&mut self, name: &str, old: Option<&str>, new: Option<&str>, ran: &Ran) {
        let Some(main) = self.server.get("main").cloned() else {
            return;
        };
        let on = match (name, new) {
            ("main", Some(new)) => new.to_owned(),
            ("main", None) => return,
            _ => main.clone(),
        };
        if !self.is_anns(&[Some(&*main), Some(&*on)], old, new)
            || self.f.git(["checkout", "-qf", "-B", "work", &on]).code != 0
        {
            return;
        }
        let mut refused = ran.clone();
        for _ in 0..ROUNDS {
            let mut commands = refused.err.lines().filter_map(|line| {
                let line = line.trim().trim_start_matches("remote:").trim();
                line.strip_prefix("git baton ").map(str::to_owned)
            });
            let first = commands.next();
            let Some(first) = first else { break };
            for command in std::iter::once(first).chain(commands) {
                let args = shell_words::split(&command).unwrap();
                let args: Vec<_> = args.iter().map(|arg| &**arg).collect();
                let ran = self.baton("repo", &args, &[]);
                assert_eq!(ran.code, 0, "{command}: {ran:#?}\n{refused:#?}");
            }
            let head = self.f.rev("HEAD");
            self.history.signed.insert(head.clone(), Key::Ann);
            self.add(&head);
            refused = match name {
                "main" => self.f.git(["push", "-q", "-f", "origin", "work:main"]),
                _ => {
                    self.f.git(["push", "-q", "origin", "work:main"]).ok();
                    let spec = format!("+{}:refs/heads/{name}", new.unwrap_or_default());
                    let spec = new.map_or(format!(":refs/heads/{name}"), |_| spec);
                    self.f.git(["push", "-q", "origin", &spec])
                }
            };
            if refused.code == 0 || !refused.err.contains("baton: ") {
                break;
            }
        }
        let is_refused = refused.code != 0 && refused.err.contains("baton: ");
        assert!(
            !is_refused,
            "what was accepted for {name} from {old:?} to {new:?} is refused: {refused:#?}"
        );
        self.f.git(["checkout", "-qf", "--detach"]).ok();
        self.look();
    }

    /// Whether Ann is the maintainer on each of these tips, and always was on the way.
    fn is_anns(&self, tips: &[Option<&str>], old: Option<&str>, new: Option<&str>) -> bool {
        let all = tips.iter().copied().chain([old, new]).flatten();
        let is_anns = |tip: &str| match self.history.governed(tip) {
            Governed::By(policy) => policy.keys.contains(&Key::Ann),
            Governed::No | Governed::Unreadable => false,
        };
        Case::new(&self.history, all).is_steady() && tips.iter().flatten().all(|tip| is_anns(tip))
    }
}
