//! The history of the repositories before the attempts begin.

use std::fs;
use std::path::Path;

use super::DemoError;
use super::attempts::HANDOFF as HANDOFF_PATH;
use super::scene::{POOL, Place, Scene};
use super::shell::{Ran, Shell};
use baton_core::policy::{POLICY_PATH, Policy, SETTINGS_PATH};

/// The handoff file before the guard came.
const HANDOFF: &str = "# Handoff\n\nWhat the next session has to know.\n\n## Recent Work\n\n\
    ### Session 2 (2026-01-02)\n\n- Chose the parser, together with session 1\n\n\
    ## Constraints\n\n- No network in tests\n\n## Open Questions\n\n- Which editors to support\n";

/// The day of every session under the guard.
const DAY: &str = "2026-01-05";

/// The session of one agent.
struct Session {
    /// Where it works.
    place: Place,
    /// The number that `session start` has to give it.
    number: &'static str,
    /// Its title.
    title: &'static str,
    /// The file that it writes.
    file: &'static str,
    /// Its summary.
    summary: &'static str,
}

/// The sessions that are in the handoff file already when the attempts begin.
const EARLIER: [Session; 2] = [
    Session {
        place: Place::AgentA,
        number: "3",
        title: "Read the grammar",
        file: "src/grammar.txt",
        summary: "The grammar reads every example.\n",
    },
    Session {
        place: Place::AgentB,
        number: "4",
        title: "Print the tree",
        file: "src/print.txt",
        summary: "The tree prints with indents.\n",
    },
];

/// The sessions that are active when the attempts begin.
const PARALLEL: [Session; 3] = [
    Session {
        place: Place::AgentA,
        number: "5",
        title: "Say where it hurts",
        file: "src/errors.txt",
        summary: "Errors name their line.\n",
    },
    Session {
        place: Place::AgentB,
        number: "6",
        title: "Print colours",
        file: "src/colours.txt",
        summary: "The tree prints in colours where they are seen.\n",
    },
    Session {
        place: Place::AgentC,
        number: "7",
        title: "Measure the parser",
        file: "src/bench.txt",
        summary: "Half of the time goes into reading.\n",
    },
];

impl<'s> Scene<'s> {
    /// Builds everything below `root`, an empty directory.
    pub fn build(shell: &'s Shell, root: &Path) -> Result<Self, DemoError> {
        let mut scene = Self::empty(shell, root);
        scene.begin()?;
        scene.guard()?;
        scene.begin_sessions(&EARLIER)?;
        scene.end_sessions(&EARLIER)?;
        for agent in [Place::AgentA, Place::AgentB] {
            scene.lines(agent, &["git merge -q --ff-only main"])?;
        }
        scene.begin_sessions(&PARALLEL)?;
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
        self.write(project, HANDOFF_PATH, HANDOFF)?;
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
        let mut policy = Policy::default();
        policy.pool.root = format!("../{POOL}");
        policy.pool.branch = "{task}".to_owned();
        policy.conductor.retry_delay = 0;
        let (rules, settings) = policy.effective_files();
        self.write(project, POLICY_PATH, &rules)?;
        self.write(project, SETTINGS_PATH, &settings)?;
        self.lines(
            project,
            &[
                "git add -A",
                "git commit -q -m 'Adopt the rules'",
                "git remote add origin {forge.git}",
                "git push -q -u origin main",
            ],
        )
    }

    /// Installs the guard, and makes the worktrees that agents get.
    fn guard(&self) -> Result<(), DemoError> {
        self.lines(Place::Forge, &["git-baton install --server"])?;
        self.lines(
            Place::Project,
            &["git-baton install", "git-baton orchestrator pool init 3"],
        )
    }

    /// Lets the active sessions end, and aggregates them; gives what the commands say. What
    /// comes of it is the state to which the scene returns from now on.
    pub fn conclude(&mut self) -> Result<Vec<(String, Ran)>, DemoError> {
        let told = self.end_sessions(&PARALLEL)?;
        self.remember()?;
        Ok(told)
    }

    /// The headings and the bold lines of the newest entry of the handoff file.
    pub fn newest_entry(&self) -> Result<String, DemoError> {
        let text = self.line(
            Place::Project,
            &format!("git show main:{HANDOFF_PATH}"),
            self.words(),
        )?;
        let is_entry = |line: &&str| line.starts_with("### ");
        let lines = text.lines().skip_while(|line| !is_entry(line));
        let mut entries = 0;
        let newest = lines.take_while(|line| {
            entries += usize::from(is_entry(line));
            entries < 2 && !line.starts_with("## ")
        });
        let short = newest.filter(|line| line.starts_with(['#', '*']));
        Ok(short.map(|line| format!("{line}\n")).collect())
    }

    /// `git baton session list`.
    pub fn sessions(&self) -> Result<String, DemoError> {
        self.line(Place::Project, "git-baton session list", self.words())
    }

    /// All begin before the first of them works.
    fn begin_sessions(&self, sessions: &[Session]) -> Result<(), DemoError> {
        let mut logs = Vec::new();
        for session in sessions {
            logs.push(self.begin_session(session)?);
        }
        for (session, log) in sessions.iter().zip(&logs) {
            self.work(session, log)?;
        }
        Ok(())
    }

    /// An agent begins, in the worktree that it has or else in one that it acquires; gives the path
    /// of its log.
    fn begin_session(&self, session: &Session) -> Result<String, DemoError> {
        let (place, title) = (session.place, session.title);
        let head = self.git_dir(place).join("HEAD");
        let is_free = !fs::read(&head).is_ok_and(|head| head.starts_with(b"ref: "));
        if is_free {
            let task = place.name();
            let acquire = format!(
                "git-baton orchestrator pool acquire {task} --date {DAY} --title '{title}'"
            );
            self.line(Place::Project, &acquire, self.words())?;
            let untracked = "git ls-files --others --exclude-standard";
            return self.line(place, untracked, self.words());
        }
        let start = format!("git-baton session start --date {DAY} --title '{title}'");
        let said = self.line(place, &start, self.words())?;
        let log = said.lines().find_map(|line| line.strip_prefix("log "));
        Ok(log.unwrap_or_default().to_owned())
    }

    /// An agent works, keeps its log, hands in its summary, and commits it all.
    fn work(&self, session: &Session, log: &str) -> Result<(), DemoError> {
        let (place, number) = (session.place, session.number);
        let text = self.read(place, log)?;
        self.write(place, log, &kept(&text, session))?;
        self.write(place, session.file, "done\n")?;
        let summary = format!(".agents/temp/handoff-session-{number}-summary.md");
        self.write(place, &summary, session.summary)?;
        let commit = format!("git commit -q -m '{}'", session.title);
        self.lines(place, &["git-baton session summary", "git add -A", &commit])
    }

    /// The sessions end, their branches land, and one commit takes up their summaries.
    fn end_sessions(&self, sessions: &[Session]) -> Result<Vec<(String, Ran)>, DemoError> {
        let mut told = Vec::new();
        let mut tell = |place, line: &str| {
            let ran = self.run(place, line, self.words())?;
            match ran.succeeded {
                true => told.push((line.to_owned(), ran)),
                false => {
                    return Err(DemoError::Preparation {
                        command: line.to_owned(),
                        said: ran.said(),
                    });
                }
            }
            Ok(())
        };
        for session in sessions {
            tell(session.place, "git-baton session end")?;
        }
        let branches: Vec<_> = sessions.iter().map(|one| one.place.name()).collect();
        let merge = format!("git-baton orchestrator merge {}", branches.join(" "));
        tell(Place::Project, &merge)?;
        tell(
            Place::Project,
            "git-baton orchestrator aggregate --push origin",
        )?;
        Ok(told)
    }

    fn log(&self, place: Place, date: &str, number: &str) -> Result<(), DemoError> {
        let path = format!(".agents/sessions/{date}-session-{number:0>2}.md");
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
            self.append(outside, HANDOFF_PATH, "- Anything goes\n")?;
            self.lines(outside, &["git commit -q -a -m 'Edit the handoff by hand'"])?;
        }
        self.lines(outside, &["git switch -q -c news main"])?;
        self.log(outside, DAY, "8")?;
        self.lines(
            outside,
            &["git add -A", "git commit -q -m 'Write release notes'"],
        )
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

/// The log with every row ticked and every section filled.
fn kept(log: &str, session: &Session) -> String {
    let (file, summary) = (session.file, session.summary);
    let table = "|------|--------|\n";
    let criteria = "|-----------|--------|----------|\n";
    log.replace("| [ ] | |", "| [x] | seen |")
        .replace("## Work Log\n", &format!("## Work Log\n\n- {summary}"))
        .replace(
            "## Acceptance Criteria\n",
            "## Acceptance Criteria\n\n- The file is there.\n",
        )
        .replace(
            "## Context Gathered\n",
            "## Context Gathered\n\n- The handoff document.\n",
        )
        .replace("## Decisions\n", "## Decisions\n\n- None was needed.\n")
        .replace(table, &format!("{table}| `{file}` | new |\n"))
        .replace(
            criteria,
            &format!("{criteria}| The file is there | [PASS] | `{file}` |\n"),
        )
}
