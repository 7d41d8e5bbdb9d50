//! The entries and the section that `git baton init` adds to the files that agents read.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::{Rules, found, step};
use crate::cli::Init;
use crate::scaffold;
use baton_agents::setup::{self, AGENTS_PAGE, Agent, CLAUDE_PAGE, GEMINI_PAGE, Unreadable};
use baton_core::policy::{POLICY_PATH, Policy, Writer};
use baton_git::{Repo, diff, status};
use baton_guard::base::Bases;
use baton_sys::{file, lookup, worktree_file};

/// The files that were changed for agents.
#[derive(Debug, Default)]
pub struct AgentFiles {
    /// The lines that tell of it.
    pub text: String,
    /// The files to commit.
    pub committed: Vec<&'static str>,
    /// True if one of them takes a maintainer's signature.
    pub is_signed: bool,
    /// True if something stands in the way of a file.
    pub is_left: bool,
}

/// Makes Baton a hook of the agents that are named or found, and tells them the protocol.
pub fn set_up(
    repo: &Repo,
    root: &Path,
    args: &Init,
    rules: Rules,
    copies: &Path,
) -> miette::Result<AgentFiles> {
    let mut writing = Writing {
        root,
        copies,
        rules,
        policy: policy(repo, root)?,
        done: AgentFiles::default(),
    };
    let agents = writing.agents(args);
    for agent in &agents {
        writing.hooks(*agent)?;
    }
    if !agents.is_empty() && !args.guard_only {
        writing.pages(&agents)?;
    }
    let set_up: Vec<_> = { setup::FILES.into_iter() }
        .filter(|path| writing.holds_own(path))
        .collect();
    for path in ignored(repo, &set_up)? {
        writing.tell(&format!(
            "found      {path} is ignored by git: it counts in this worktree alone"
        ));
    }
    let uncommitted = diff::uncommitted(repo, &set_up)?;
    let is_due = |path: &&str| uncommitted.iter().any(|one| one == path.as_bytes());
    writing.done.committed = set_up.into_iter().filter(is_due).collect();
    let mut due = writing.done.committed.iter();
    writing.done.is_signed = due.any(|path| writing.writer(path).is_some());
    Ok(writing.done)
}

/// The policy that holds here, or that waits to be committed; the default one where none can be read.
fn policy(repo: &Repo, root: &Path) -> miette::Result<Policy> {
    if let Some(head) = repo.head()?
        && let Ok(Some(base)) = Bases::new(repo.objects()).at(head)
    {
        return Ok(base.policy.clone());
    }
    let file = worktree_file::read(root, POLICY_PATH)?.unwrap_or_default();
    Ok(Policy::parse(POLICY_PATH, &file).unwrap_or_default())
}

/// Those of the paths that git ignores.
fn ignored(repo: &Repo, paths: &[&'static str]) -> miette::Result<Vec<&'static str>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let ignored = status::ignored(repo)?;
    let names = |rule: &[u8], path: &str| match rule.strip_suffix(b"/") {
        Some(_) => path.as_bytes().starts_with(rule),
        None => path.as_bytes() == rule,
    };
    let paths = paths.iter().copied();
    Ok(paths
        .filter(|path| ignored.iter().any(|rule| names(rule, path)))
        .collect())
}

struct Writing<'a> {
    root: &'a Path,
    copies: &'a Path,
    rules: Rules,
    policy: Policy,
    done: AgentFiles,
}

impl Writing<'_> {
    /// The agents that are named; without names, those that are found, which is told.
    fn agents(&mut self, args: &Init) -> Vec<Agent> {
        if let Some(names) = &args.agents {
            let is_named = |agent: &Agent| names.iter().any(|name| name == agent.name());
            return Agent::ALL.into_iter().filter(is_named).collect();
        }
        if args.guard_only {
            return Vec::new();
        }
        let found = found::agents(self.root);
        if found.is_empty() {
            self.tell(
                "found      no coding agent; name those that work here: `git baton init --agents claude,codex`",
            );
        }
        for (agent, by) in &found {
            self.tell(&format!("found      the agent {}, by {by}", agent.name()));
        }
        found.into_iter().map(|(agent, _)| agent).collect()
    }

    /// Adds the entries to an agent's settings.
    fn hooks(&mut self, agent: Agent) -> miette::Result<()> {
        let missing = self.policy.missing_program;
        let missing = missing.unwrap_or_else(|| agent.missing_program());
        let path = setup::settings_path(agent, self.read(setup::CODEX_CONFIG).as_deref());
        self.add(path, |found| setup::add_hooks(path, found, agent, missing))
    }

    /// Tells the protocol in the page for all agents, and brings it in where an agent does not read that.
    fn pages(&mut self, agents: &[Agent]) -> miette::Result<()> {
        let handoff = self.policy.handoff.path.to_string();
        let section = scaffold::agents_section(&handoff);
        let page = self.target(AGENTS_PAGE);
        self.add(page, |found| Ok(setup::add_section(found, &section)))?;
        for (agent, other) in [(Agent::Claude, CLAUDE_PAGE), (Agent::Gemini, GEMINI_PAGE)] {
            let found = self.read(other);
            let is_read = match agent {
                Agent::Claude => !file::is_taken(&self.root.join(other)),
                _ => setup::gemini_reads_agents_page(self.read(setup::GEMINI_SETTINGS).as_deref()),
            };
            let is_imported = found.as_deref().is_some_and(setup::imports_agents_page);
            let is_same = self.target(other) == page;
            if agents.contains(&agent) && !(is_read || is_imported || is_same) {
                self.add(other, |found| Ok(setup::add_section(found, "@AGENTS.md")))?;
            }
        }
        Ok(())
    }

    /// The page to which a page is a link, or itself.
    fn target(&self, page: &'static str) -> &'static str {
        let place = |name: &str| lookup::resolve(&self.root.join(name));
        let root = lookup::resolve(self.root);
        let pages = [AGENTS_PAGE, CLAUDE_PAGE, GEMINI_PAGE].into_iter();
        let mut targets = pages.filter(|name| place(page) == root.join(name));
        targets.next().unwrap_or(page)
    }

    /// Writes what `change` makes of a file, and tells what became of it.
    fn add(
        &mut self,
        path: &'static str,
        change: impl FnOnce(Option<&str>) -> Result<String, Unreadable>,
    ) -> miette::Result<()> {
        let writer = self.writer(path);
        if let Some(Writer::Nobody | Writer::Aggregate) = writer {
            return self.leave(path, "the rules let nobody change it");
        }
        if writer.is_some() && self.rules == Rules::Frozen {
            return self.leave(
                path,
                "the rules keep it to maintainers, of whom there are none",
            );
        }
        let bytes = match worktree_file::read(self.root, path) {
            Ok(bytes) => bytes,
            Err(error) => return self.leave(path, &error.to_string()),
        };
        let found = match bytes.map(String::from_utf8).transpose() {
            Ok(found) => found,
            Err(error) => return self.leave(path, &error.to_string()),
        };
        let text = match change(found.as_deref()) {
            Ok(text) => text,
            Err(error) => return self.leave(path, &error.to_string()),
        };
        match &found {
            Some(same) if *same == text => self.tell(&format!("unchanged  {path}")),
            Some(other) => {
                let copy: PathBuf =
                    step::keep_copy(self.copies, self.root, path, other.as_bytes())?;
                worktree_file::write(self.root, path, text.as_bytes())?;
                self.tell(&format!(
                    "added to   {path}, of which {} is a copy",
                    copy.display()
                ));
            }
            None => {
                worktree_file::write(self.root, path, text.as_bytes())?;
                self.tell(&format!("created    {path}"));
            }
        }
        Ok(())
    }

    /// The one who may write the file under the rules in force; `None` when anyone may.
    fn writer(&self, path: &str) -> Option<Writer> {
        let writer = self.policy.writer_of(path.as_bytes().as_bstr());
        writer.filter(|_| self.rules != Rules::None)
    }

    /// True if something of Baton's is in the file.
    fn holds_own(&self, path: &str) -> bool {
        let text = self.read(path);
        text.is_some_and(|text| matches!(setup::remove(path, &text), Ok(Some(_))))
    }

    fn leave(&mut self, path: &str, why: &str) -> miette::Result<()> {
        self.tell(&format!("left       {path}: {why}"));
        self.done.is_left = true;
        Ok(())
    }

    fn tell(&mut self, line: &str) {
        self.done.text.push_str(&format!("{line}\n"));
    }

    /// The text of a file that is there and can be read.
    fn read(&self, path: &str) -> Option<String> {
        let bytes = worktree_file::read(self.root, path).ok().flatten()?;
        String::from_utf8(bytes).ok()
    }
}
