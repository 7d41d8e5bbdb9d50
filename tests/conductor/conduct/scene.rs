//! A repository with hooks, tasks whose prompts are shell scripts, and the program that conducts
//! them.

use std::fmt::Write as _;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use baton_testkit::{BATON, Ran, Sandbox, finish};

/// What every agent knows how to do.
///
/// `work FILE` commits a file and does nothing where that is committed, as an agent does that goes
/// on with what another has begun; `promise` says that the task is done; `reached NAME` tells the
/// test, and `until NAME` waits for it.
const SKILLS: &str = r#"
work() {
    mkdir -p "$(dirname "$1")"
    echo "${2:-$BATON_TASK}" >"$1"
    git add "$1"
    git diff --cached --quiet -- "$1" || git commit -qm "Write $1" -- "$1"
}
promise() { printf '\n<promise>TASK_DONE: %s</promise>\n' "${1:-$BATON_TASK}"; }
reached() { echo "$$" >"$SIGNALS/$1"; }
until_told() { while ! test -e "$SIGNALS/$1"; do sleep 0.02; done; }
"#;

/// How long something that is waited for may take, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(120);

/// A task, as a test describes it.
pub struct Task {
    text: String,
}

impl Task {
    /// A task that owns `<id>/` and does what the script says.
    pub fn new(id: &str, script: &str) -> Self {
        Self::owning(id, &[&format!("{id}/**")], script)
    }

    /// A task that owns these files.
    pub fn owning(id: &str, files: &[&str], script: &str) -> Self {
        let text = format!(
            "[[task]]\nid = \"{id}\"\ntitle = \"Do {id}\"\nfiles = {files:?}\nprompt = '''\n{script}\n'''\n"
        );
        Self { text }
    }

    /// A task that writes and commits its file, and says so.
    pub fn plain(id: &str) -> Self {
        Self::new(id, &format!("work {id}/file; promise"))
    }

    /// A task that has one attempt, signals that it has reached its id, and waits to be told `go`.
    pub fn waiting(id: &str) -> Self {
        let script = format!("reached {id}; until_told go; work {id}/file; promise");
        Self::new(id, &script).with("attempts = 1")
    }

    pub fn after(self, ids: &[&str]) -> Self {
        self.with(&format!("after = {ids:?}"))
    }

    /// With this line more.
    pub fn with(mut self, line: &str) -> Self {
        let _ = writeln!(self.text, "{line}");
        self
    }
}

pub struct Scene {
    pub sandbox: Sandbox,
}

impl Scene {
    /// A repository with hooks in which at most three agents work at once.
    pub fn new() -> Self {
        Self::with_policy("max_agents = 3\nretry_delay = 0", "")
    }

    /// Has every agent know how to do this, too.
    pub fn teach(&self, skills: &str) {
        let path = self.sandbox.root.path().join("skills.sh");
        std::fs::write(path, format!("{SKILLS}{skills}")).unwrap();
    }

    /// The same, with these lines in `[conductor]`, and these tables after it,
    /// in which `ROOT` is the directory of all.
    pub fn with_policy(conductor: &str, tables: &str) -> Self {
        let sandbox = Sandbox::empty();
        let root = sandbox.root.path().display().to_string();
        for directory in ["signals", "tmp"] {
            std::fs::create_dir(sandbox.root.path().join(directory)).unwrap();
        }
        std::fs::write(sandbox.root.path().join("skills.sh"), SKILLS).unwrap();
        sandbox.write(
            "baton.toml",
            format!(
                "version = 1\n[conductor]\nmin_tasks = 1\nagent = \"scripted\"\n{conductor}\n\
                 [conductor.agents.scripted]\ninput = \"task\"\n\
                 command = \"SIGNALS={root}/signals; . {root}/skills.sh; eval \\\"$(cat)\\\"\"\n{}\n",
                tables.replace("ROOT", &root)
            ),
        );
        sandbox.write(".agents/HANDOFF.md", "# Handoff\n\n## Recent Work\n");
        sandbox.git(["config", "user.name", "Tester"]);
        sandbox.git(["config", "user.email", "tester@example.com"]);
        sandbox.commit("Set the rules");
        let installed = sandbox.run(["install"]);
        assert_eq!(installed.code, 0, "{}", installed.err);
        Self { sandbox }
    }

    /// Writes these tasks into a file outside the repository, and names it.
    pub fn tasks(&self, name: &str, tasks: &[Task]) -> PathBuf {
        let path = self.sandbox.root.path().join(name);
        let tasks: String = tasks.iter().map(|task| task.text.as_str()).collect();
        std::fs::write(&path, format!("version = 1\n{tasks}")).unwrap();
        path
    }

    /// Runs these tasks.
    pub fn run(&self, tasks: &[Task]) -> Ran {
        let path = self.tasks("tasks.toml", tasks);
        self.orchestrator(&["run", path.to_str().unwrap()])
    }

    /// `git baton orchestrator` with these words.
    pub fn orchestrator(&self, words: &[&str]) -> Ran {
        finish(&mut self.command(words))
    }

    /// The command `git baton orchestrator` with these words.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.sandbox.baton();
        let mut path = BATON.path().parent().unwrap().as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        command.env("PATH", path);
        command.env("TMPDIR", self.sandbox.root.path().join("tmp"));
        command.arg("orchestrator").args(words);
        command
    }

    pub fn resume(&self) -> Ran {
        self.orchestrator(&["resume"])
    }

    /// Begins to run these tasks.
    pub fn begin(&self, tasks: &[Task]) -> Conductor {
        let path = self.tasks("tasks.toml", tasks);
        self.spawn(&["run", path.to_str().unwrap()])
    }

    /// Begins `git baton orchestrator` with these words.
    pub fn spawn(&self, words: &[&str]) -> Conductor {
        let mut command = self.command(words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0);
        Conductor(Some(command.spawn().unwrap()))
    }

    /// The state of the run that began last.
    pub fn state(&self) -> Value {
        self.json(&["state", "--format", "json"])
    }

    pub fn json(&self, words: &[&str]) -> Value {
        let run = self.orchestrator(words);
        assert_eq!(run.code, 0, "{}", run.err);
        serde_json::from_str(&run.out).unwrap()
    }

    /// How a task of the last run stands.
    pub fn task(&self, id: &str) -> Value {
        let state = self.state();
        let tasks = state["tasks"].as_array().unwrap();
        tasks.iter().find(|task| task["id"] == id).unwrap().clone()
    }

    pub fn status(&self, id: &str) -> String {
        self.task(id)["status"]["name"].as_str().unwrap().to_owned()
    }

    pub fn phase(&self) -> String {
        self.state()["phase"]["name"].as_str().unwrap().to_owned()
    }

    /// The number of the session in which a task of the last run is worked on.
    pub fn session_number(&self, id: &str) -> String {
        let place = self.task(id)["place"].clone();
        let session = place["session"].as_str().unwrap();
        session.rsplit('/').next().unwrap().to_owned()
    }

    /// Installs a hook that the repository had before Baton's.
    pub fn earlier_hook(&self, name: &str, script: &str) -> PathBuf {
        let hooks = self.sandbox.repo().join(".git/hooks.before-baton");
        std::fs::create_dir_all(&hooks).unwrap();
        let hook = hooks.join(name);
        std::fs::write(&hook, script).unwrap();
        std::fs::set_permissions(&hook, Permissions::from_mode(0o755)).unwrap();
        hook
    }

    /// Where the last run keeps what it told an agent and what that said.
    pub fn files(&self, task: &str) -> PathBuf {
        let status = self.json(&["status", "--format", "json"]);
        let run = status["run"].as_str().unwrap();
        let runs = self.sandbox.repo().join(".git/baton/runs");
        runs.join(run).join(task)
    }

    /// Where agents and test signal to each other.
    pub fn signal(&self, name: &str) -> PathBuf {
        self.sandbox.root.path().join("signals").join(name)
    }

    /// The signals whose names begin so.
    pub fn signals(&self, prefix: &str) -> Vec<PathBuf> {
        let all = std::fs::read_dir(self.signal("")).unwrap();
        let all = all.map(|entry| entry.unwrap().path());
        all.filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(prefix)
        })
        .collect()
    }

    pub fn tell(&self, name: &str) {
        std::fs::write(self.signal(name), "").unwrap();
    }

    /// Waits until an agent has reached this point, and gives its process.
    pub fn wait_for(&self, name: &str) -> i32 {
        let path = self.signal(name);
        wait_until(name, || {
            std::fs::read_to_string(&path).is_ok_and(|text| !text.is_empty())
        });
        std::fs::read_to_string(path)
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }

    /// Waits until a task is approved, and only the worktree of one other is lent.
    pub fn wait_for_approval(&self, id: &str) {
        wait_until("approval", || {
            self.status(id) == "qa_approved" && self.lent() == 1
        });
    }

    /// Whether the target has this file.
    pub fn has(&self, path: &str) -> bool {
        let mut command = self.sandbox.command("git");
        command.args(["cat-file", "-e", &format!("main:{path}")]);
        command.stderr(Stdio::null()).status().unwrap().success()
    }

    /// The short names of the branches.
    pub fn branches(&self) -> Vec<String> {
        let names = self.sandbox.git(["branch", "--format=%(refname:short)"]);
        names.lines().map(str::to_owned).collect()
    }

    /// How many worktrees of the pool are lent.
    pub fn lent(&self) -> usize {
        let path = self.sandbox.repo().join(".git/baton/pool/state.json");
        let pool: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let slots = pool["slots"].as_array().unwrap();
        slots.iter().filter(|slot| !slot["lease"].is_null()).count()
    }

    /// Holds for every run that is over: nothing breaks a rule, the checkout shows the target,
    /// no worktree is lent, and the handoff file has each landed session once.
    pub fn assert_clean(&self) {
        let verified = self.sandbox.run(["verify", "--all"]);
        assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
        assert_eq!(self.sandbox.git(["status", "--porcelain"]), "");
        assert_eq!(self.lent(), 0);
        let handoff = self.sandbox.git(["show", "main:.agents/HANDOFF.md"]);
        for task in self.state()["tasks"].as_array().unwrap() {
            let landed = usize::from(task["status"]["name"] == "done");
            let title = task["title"].as_str().unwrap();
            let found = handoff.lines().filter(|line| is_about(line, title)).count();
            assert_eq!(found, landed, "{title}: {handoff}");
        }
    }
}

/// Whether a line of the handoff file begins what is said about a session of this title.
fn is_about(line: &str, title: &str) -> bool {
    line.starts_with('#') && line.trim_end().ends_with(title)
}

/// A program that conducts.
pub struct Conductor(Option<Child>);

impl Conductor {
    pub fn id(&self) -> i32 {
        self.0.as_ref().unwrap().id().try_into().unwrap()
    }

    pub fn signal(&self, signal: i32) {
        assert!(kill(self.id(), signal));
    }

    /// Sends a signal to all that is in its process group.
    pub fn signal_group(&self, signal: i32) {
        assert!(kill_group(self.id(), signal));
    }

    pub fn is_over(&mut self) -> bool {
        self.0.as_mut().unwrap().try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ran {
        let output = self.0.take().unwrap().wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Conductor {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else {
            return;
        };
        // It may have ended before.
        child.kill().ok();
        let output = child.wait_with_output();
        if let Ok(output) = output
            && std::thread::panicking()
        {
            let said =
                [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap_or_default());
            eprintln!("the conductor said: {}", said.concat());
        }
    }
}

/// Sends a signal; says whether there was somebody to receive it.
pub fn kill(process: i32, signal: i32) -> bool {
    let pid = rustix::process::Pid::from_raw(process).unwrap();
    let signal = rustix::process::Signal::from_named_raw(signal).unwrap();
    rustix::process::kill_process(pid, signal).is_ok()
}

/// Sends a signal to a process group; says whether there was one.
pub fn kill_group(leader: i32, signal: i32) -> bool {
    let group = rustix::process::Pid::from_raw(leader).unwrap();
    let signal = rustix::process::Signal::from_named_raw(signal).unwrap();
    rustix::process::kill_process_group(group, signal).is_ok()
}

pub fn is_alive(process: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        pause(Duration::from_millis(10));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "other processes tell of what they do by files alone"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
