//! What has happened in the repositories before the attempts begin.

use std::fs;
use std::path::Path;

use super::DemoError;
use super::aggregate::{self, Session};
use super::scene::{Place, Scene};
use super::shell::Shell;
use crate::policy::{POLICY_PATH, Policy};

/// The handoff file before the guard came.
const HANDOFF: &str = "# Handoff\n\nWhat the next session has to know.\n\n## Recent Work\n\n\
    ### Session 2 (2026-01-02)\n\n- Chose the parser, together with session 1\n\n\
    ## Constraints\n\n- No network in tests\n\n## Open Questions\n\n- Which editors to support\n";

/// The sessions whose summaries are in the handoff file already when the attempts begin.
const AGGREGATED: [Session; 2] = [
    Session {
        number: "3",
        title: "Read the grammar",
        summary: ".agents/temp/handoff-session-3-summary.md",
    },
    Session {
        number: "4",
        title: "Print the tree",
        summary: ".agents/temp/handoff-session-4-summary.md",
    },
];

impl<'s> Scene<'s> {
    /// Builds everything below `root`, an empty directory.
    pub fn build(shell: &'s Shell, root: &Path) -> Result<Self, DemoError> {
        let mut scene = Self::empty(shell, root);
        scene.begin()?;
        scene.guard()?;
        scene.work()?;
        scene.make_outside()?;
        scene.remember()?;
        Ok(scene)
    }

    /// The history before the guard.
    fn begin(&self) -> Result<(), DemoError> {
        let project = Place::Project;
        for place in [Place::Project, Place::Forge] {
            let path = self.path(place);
            fs::create_dir_all(&path).map_err(DemoError::io(path))?;
        }
        self.lines(
            Place::Forge,
            &["git init -q --bare -b main", "git config core.fsync none"],
        )?;
        self.lines(project, &["git init -q -b main"])?;
        self.identify(project)?;
        self.write(project, "src/parse.txt", "grammar\n")?;
        self.write(project, aggregate::HANDOFF, HANDOFF)?;
        self.lines(
            project,
            &["git add -A", "git commit -q -m 'Begin the project'"],
        )?;
        self.log(project, "2026-01-01", "1")?;
        self.log(project, "2026-01-02", "2")?;
        self.lines(
            project,
            &[
                "git add -A",
                "git commit -q -m 'Sessions 1 and 2, bundled, as it was done before'",
            ],
        )?;
        let policy = Policy::default().effective_toml();
        self.write(project, POLICY_PATH, &policy)?;
        self.lines(
            project,
            &[
                "git add -A",
                "git commit -q -m 'Adopt the rules'",
                "git remote add origin ../forge.git",
                "git push -q -u origin main",
            ],
        )
    }

    /// Installs the guard, and makes the agents' worktrees.
    fn guard(&self) -> Result<(), DemoError> {
        self.lines(Place::Forge, &["git-baton install --server"])?;
        self.lines(
            Place::Project,
            &[
                "git-baton install",
                "git worktree add -q -b agent-a ../agent-a main",
                "git worktree add -q -b agent-b ../agent-b main",
            ],
        )
    }

    /// Three sessions and the aggregate of two of them, all under the guard.
    fn work(&self) -> Result<(), DemoError> {
        self.session(Place::AgentA, "3", "The grammar reads every example.\n")?;
        self.session(Place::AgentB, "4", "The tree prints with indents.\n")?;
        self.session(Place::AgentA, "5", "Errors name their line.\n")?;
        self.lines(
            Place::Project,
            &[
                "git merge -q --no-ff -m 'Merge the work of agent A' agent-a",
                "git merge -q --no-ff -m 'Merge the work of agent B' agent-b",
            ],
        )?;
        let words = self.aggregate(Place::Project, &AGGREGATED)?;
        self.line(
            Place::Project,
            "git update-ref refs/heads/main {aggregate}",
            &words,
        )?;
        self.lines(Place::Project, &["git push -q origin main"])?;
        for agent in [Place::AgentA, Place::AgentB] {
            self.lines(agent, &["git merge -q --ff-only main"])?;
        }
        Ok(())
    }

    fn session(&self, place: Place, number: &str, summary: &str) -> Result<(), DemoError> {
        self.log(place, "2026-01-05", number)?;
        let path = format!(".agents/temp/handoff-session-{number}-summary.md");
        self.write(place, &path, summary)?;
        let commit = format!(
            "git commit -q -m 'Work of session {number}' --trailer 'Baton-Session: {number}'"
        );
        self.lines(place, &["git add -A", &commit])
    }

    fn log(&self, place: Place, date: &str, number: &str) -> Result<(), DemoError> {
        let path = format!(".agents/sessions/{date}-session-{number}.md");
        self.write(place, &path, &format!("# Session {number}\n"))
    }

    /// A clone that nothing guards: commits on today's history that break the rules (`bad`, and
    /// `published` for one that the guard comes to know as such), one on yesterday's (`older`),
    /// and one that breaks none (`news`).
    fn make_outside(&self) -> Result<(), DemoError> {
        let outside = Place::Outside;
        let path = self.path(outside);
        fs::create_dir_all(&path).map_err(DemoError::io(path))?;
        self.lines(outside, &["git clone -q ../forge.git ."])?;
        self.identify(outside)?;
        for (branch, base) in [("bad", "main"), ("published", "main"), ("older", "main~1")] {
            self.lines(outside, &[&format!("git switch -q -c {branch} {base}")])?;
            self.append(outside, aggregate::HANDOFF, "- Anything goes\n")?;
            self.lines(outside, &["git commit -q -a -m 'Edit the handoff by hand'"])?;
        }
        self.lines(outside, &["git switch -q -c news main"])?;
        self.session(outside, "8", "The release notes are up to date.\n")
    }

    fn identify(&self, place: Place) -> Result<(), DemoError> {
        self.lines(
            place,
            &[
                "git config user.name 'Baton Demo'",
                "git config user.email demo@example.invalid",
                "git config gc.auto 0",
                "git config maintenance.auto false",
                "git config core.fsync none",
            ],
        )
    }
}
