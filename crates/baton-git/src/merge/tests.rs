//! Random changes to random trees: whatever is answered without git is what every git on `PATH`
//! answers.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::merge::conflict::Answers;
use baton_sys::GitEnv;

/// A path's mode and content; that of a submodule is the id of a commit.
type File = (&'static str, String);
type Files = BTreeMap<String, File>;

#[derive(Debug, Clone)]
enum Step {
    Put(String, &'static str, usize),
    Edit(Index, usize),
    Chmod(Index),
    Delete(Index),
    Rename(Index, String),
    DeleteDirectory(String),
    RenameDirectory(String, String),
}

/// What a base holds, and what each side does to it.
type Scene = (Vec<Step>, Vec<Step>, Vec<Step>);

const DIRECTORIES: [&str; 6] = ["a", "b", "a/x", "a/y", "b/x", "a/x/z"];

fn directory() -> impl Strategy<Value = String> {
    prop::sample::select(DIRECTORIES.to_vec()).prop_map(str::to_owned)
}

/// Some names are also those of directories, and some sort between `a` and `a/`.
fn path() -> impl Strategy<Value = String> {
    let names = ["f", "g", "h", "i", "a", "x", "a-b", "z"];
    let names = prop::sample::select(names.to_vec());
    (prop::option::weighted(0.8, directory()), names).prop_map(|(directory, name)| {
        directory.map_or(name.to_owned(), |directory| format!("{directory}/{name}"))
    })
}

fn mode() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just("100644"), 1 => Just("100755"), 1 => Just("120000"), 1 => Just("160000")]
}

fn step() -> impl Strategy<Value = Step> {
    let any = any::<Index>;
    prop_oneof![
        4 => (path(), mode(), 0..12_usize).prop_map(|(path, mode, text)| Step::Put(path, mode, text)),
        4 => (any(), 0..3_usize).prop_map(|(which, line)| Step::Edit(which, line)),
        1 => any().prop_map(Step::Chmod),
        2 => any().prop_map(Step::Delete),
        2 => (any(), path()).prop_map(|(which, path)| Step::Rename(which, path)),
        1 => directory().prop_map(Step::DeleteDirectory),
        2 => (directory(), directory()).prop_map(|(from, to)| Step::RenameDirectory(from, to)),
    ]
}

fn scene() -> impl Strategy<Value = Scene> {
    let put = (path(), mode(), 0..12_usize);
    let put = put.prop_map(|(path, mode, text)| Step::Put(path, mode, text));
    let side = || prop::collection::vec(step(), 0..4);
    (prop::collection::vec(put, 0..14), side(), side())
}

/// Twenty lines that are like no other text's.
fn content(mode: &str, text: usize) -> String {
    match mode {
        "160000" => format!("{text:040x}").replace('0', "1"),
        "120000" => format!("to/{text}"),
        _ => (0..20)
            .map(|line| format!("text {text}, line {line}\n"))
            .collect(),
    }
}

/// Puts a file, and takes away what cannot be beside it.
fn put(files: &mut Files, path: &str, file: File) {
    let below = format!("{path}/");
    files.retain(|one, _| !one.starts_with(&below) && !path.starts_with(&format!("{one}/")));
    files.insert(path.to_owned(), file);
}

fn after(mut files: Files, steps: &[Step]) -> Files {
    for step in steps {
        let nth = |which: &Index| {
            let at = (!files.is_empty()).then(|| which.index(files.len()));
            at.and_then(|at| files.iter().nth(at))
                .map(|(path, file)| (path.clone(), file.clone()))
        };
        match step {
            Step::Put(path, mode, text) => {
                let file = (*mode, content(mode, *text));
                put(&mut files, path, file);
            }
            Step::Edit(which, line) => {
                if let Some((path, (mode, text))) = nth(which) {
                    let text = match mode {
                        "160000" => text.replacen('1', &line.to_string(), 1),
                        _ => text.replace(&format!("line {line}\n"), "edited\n") + "more\n",
                    };
                    files.insert(path, (mode, text));
                }
            }
            Step::Chmod(which) => {
                if let Some((path, (mode, text))) = nth(which) {
                    let mode = match mode {
                        "100644" => "100755",
                        "100755" => "100644",
                        other => other,
                    };
                    files.insert(path, (mode, text));
                }
            }
            Step::Delete(which) => {
                if let Some((path, _)) = nth(which) {
                    files.remove(&path);
                }
            }
            Step::Rename(which, to) => {
                if let Some((path, file)) = nth(which) {
                    files.remove(&path);
                    put(&mut files, to, file);
                }
            }
            Step::DeleteDirectory(directory) => {
                files.retain(|path, _| !path.starts_with(&format!("{directory}/")));
            }
            Step::RenameDirectory(from, to) => {
                let from = format!("{from}/");
                let moved: Vec<_> = files
                    .iter()
                    .filter_map(|(path, file)| {
                        Some((path.strip_prefix(&from)?.to_owned(), file.clone()))
                    })
                    .collect();
                files.retain(|path, _| !path.starts_with(&from));
                for (path, file) in moved {
                    put(&mut files, &format!("{to}/{path}"), file);
                }
            }
        }
    }
    files
}

/// The git programs on `PATH`, one of each version.
fn gits() -> Vec<PathBuf> {
    let mut versions = Vec::new();
    let mut found = Vec::new();
    for directory in std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()) {
        let program = directory.join("git");
        let Ok(out) = Command::new(&program).arg("version").output() else {
            continue;
        };
        if !versions.contains(&out.stdout) {
            versions.push(out.stdout);
            found.push(program);
        }
    }
    found
}

fn run(program: &Path, directory: &Path, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new(program)
        .current_dir(directory)
        .args(args)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let out = std::thread::scope(|scope| {
        scope.spawn(move || pipe.write_all(input));
        child.wait_with_output().unwrap()
    });
    out.status.success().then_some(out.stdout)
}

/// The commands by which fast-import makes a commit of these files.
fn commit(mark: usize, parents: &[usize], date: usize, files: &Files) -> String {
    let mut text = format!(
        "commit refs/heads/c{mark}\nmark :{mark}\ncommitter A <a@example.org> {} +0000\ndata 0\n",
        1_700_000_000 + date
    );
    for (at, parent) in parents.iter().enumerate() {
        let word = if at == 0 { "from" } else { "merge" };
        text += &format!("{word} :{parent}\n");
    }
    text += "deleteall\n";
    for (path, (mode, content)) in files {
        text += &match *mode {
            "160000" => format!("M 160000 {content} {path}\n"),
            _ => format!(
                "M {mode} inline {path}\ndata {}\n{content}\n",
                content.len()
            ),
        };
    }
    text + "\n"
}

/// Imports commits and returns their ids by mark.
fn import(directory: &Path, stream: &str) -> BTreeMap<usize, Oid> {
    let git = Path::new("git");
    run(git, directory, &["init", "--quiet", "--bare"], b"").unwrap();
    let marks = directory.join("marks");
    let export = format!("--export-marks={}", marks.display());
    run(
        git,
        directory,
        &["fast-import", "--quiet", "--force", &export],
        stream.as_bytes(),
    )
    .unwrap();
    let lines = std::fs::read_to_string(marks).unwrap();
    let pairs = lines.lines().map(|line| {
        let (mark, id) = line[1..].split_once(' ').unwrap();
        (mark.parse().unwrap(), id.parse().unwrap())
    });
    pairs.collect()
}

fn open(directory: &Path) -> Repo {
    let env = GitEnv {
        current_dir: directory.to_owned(),
        git_dir: Some(directory.to_owned()),
        ..GitEnv::default()
    };
    Repo::open(&env).unwrap()
}

/// What each git says of these pairs; `None` where it fails an assertion of its own.
fn asked(directory: &Path, pairs: &[Pair]) -> Vec<Vec<Option<Merged>>> {
    let each = gits().into_iter();
    each.map(|git| asked_of(&git, directory, pairs)).collect()
}

fn asked_of(git: &Path, directory: &Path, pairs: &[Pair]) -> Vec<Option<Merged>> {
    let input: String = pairs.iter().map(|(a, b)| format!("{a} {b}\n")).collect();
    let args = ["merge-tree", "--write-tree", "--stdin"];
    match run(git, directory, &args, input.as_bytes()) {
        Some(out) => {
            let mut answers = Answers::new(&out);
            let found: Vec<_> = std::iter::from_fn(|| answers.next()).map(Some).collect();
            assert_eq!(found.len(), pairs.len());
            found
        }
        None if pairs.len() == 1 => vec![None],
        None => {
            let (some, others) = pairs.split_at(pairs.len() / 2);
            let mut found = asked_of(git, directory, some);
            found.extend(asked_of(git, directory, others));
            found
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn what_is_answered_without_git_is_what_git_answers(scenes in prop::collection::vec(scene(), 150..200)) {
        let directory = tempfile::tempdir().unwrap();
        let mut stream = String::new();
        for (at, (base, ours, theirs)) in scenes.iter().enumerate() {
            let base = after(Files::new(), base);
            let mark = 3 * at + 1;
            stream += &commit(mark, &[], mark, &base);
            stream += &commit(mark + 1, &[mark], mark, &after(base.clone(), ours));
            stream += &commit(mark + 2, &[mark], mark, &after(base, theirs));
        }
        let ids = import(directory.path(), &stream);
        let pairs: Vec<Pair> = (0..scenes.len()).map(|at| (ids[&(3 * at + 2)], ids[&(3 * at + 3)])).collect();
        let from_gits = asked(directory.path(), &pairs);
        let repo = open(directory.path());
        let merger = Merger::new(&repo).unwrap();
        let mut answered = 0;
        for (at, (ours, theirs)) in pairs.iter().enumerate() {
            let Some(merged) = merger.done(merger.plan(*ours, *theirs).unwrap()).unwrap() else {
                continue;
            };
            answered += 1;
            for from_git in from_gits.iter().filter_map(|found| found[at].as_ref()) {
                prop_assert_eq!(&merged, from_git, "{:?}", &scenes[at]);
            }
        }
        prop_assert!(scenes.len() < 100 || 5 * answered > scenes.len(), "{} of {}", answered, scenes.len());
    }

    /// Dates that lie, criss-cross merges, merges that took neither side: the base decides.
    #[test]
    fn in_any_history_it_is_what_git_answers(
        nodes in prop::collection::vec((any::<Index>(), prop::option::of(any::<Index>()), 0..20_usize, prop::collection::vec(step(), 0..3)), 3..16),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let start: Files = (0..6).map(|at| (format!("b/f{at}"), ("100644", content("100644", at)))).collect();
        let mut stream = commit(1, &[], 0, &start);
        let mut trees = vec![start];
        for (at, (parent, second, date, steps)) in nodes.iter().enumerate() {
            let parent = parent.index(at + 1);
            let second = second.map(|second| second.index(at + 1)).filter(|second| *second != parent);
            let parents: Vec<_> = std::iter::once(parent).chain(second).map(|at| at + 1).collect();
            let mut files = trees[parent].clone();
            files.extend(second.into_iter().flat_map(|second| trees[second].clone()));
            let mut whole = Files::new();
            files.into_iter().for_each(|(path, file)| put(&mut whole, &path, file));
            let files = after(whole, steps);
            stream += &commit(at + 2, &parents, *date, &files);
            trees.push(files);
        }
        let ids = import(directory.path(), &stream);
        let pairs: Vec<Pair> = ids.values().flat_map(|one| ids.values().map(|other| (*one, *other))).collect();
        let from_gits = asked(directory.path(), &pairs);
        let repo = open(directory.path());
        let merger = Merger::new(&repo).unwrap();
        for (at, (ours, theirs)) in pairs.iter().enumerate() {
            if let Some(merged) = merger.done(merger.plan(*ours, *theirs).unwrap()).unwrap() {
                for from_git in from_gits.iter().filter_map(|found| found[at].as_ref()) {
                    prop_assert_eq!(&merged, from_git);
                }
            }
        }
    }
}
