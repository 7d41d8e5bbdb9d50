//! The histories that are measured.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::import::{Import, import};
use crate::run::git;

/// What a policy says that only takes the defaults.
pub const POLICY: &str = "version = 1\n";

/// The path of file `number` among `files`: ten top directories, spread over the alphabet, of
/// directories of forty files.
pub fn source_path(number: u64, files: u64) -> String {
    const TOPS: [&str; 10] = [
        "apps", "client", "docs", "engine", "lib", "packages", "server", "src", "tools", "web",
    ];
    let per_top = files.div_ceil(10);
    let (top, rest) = (number / per_top, number % per_top);
    format!(
        "{}/part-{:03}/module-{:02}/file_{:02}.rs",
        TOPS[top as usize],
        rest / 400,
        rest / 40 % 10,
        rest % 40
    )
}

/// A version of which the text of a file is another than at first: those below 20 are alike.
const CHANGED: u64 = 21;

/// A repository of `files` files with a policy, and one change staged that no rule is about. Its
/// working tree is left empty: hooks look at the index.
pub fn snapshot(path: &Path, files: u64) -> std::io::Result<()> {
    import(path, false, |import| {
        import.commit("main", "Begin\n", &[])?;
        import.file("baton.toml", POLICY)?;
        import.file(".agents/HANDOFF.md", "# Handoff\n\n## Recent Work\n")?;
        for number in 0..files {
            import.file(
                &source_path(number, files),
                &format!("// {}\n", number % 512),
            )?;
        }
        Ok(())
    })?;
    crate::run::succeed(git(path).args(["read-tree", "HEAD"]))?;
    let blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
    crate::run::succeed(
        git(path)
            .args(["hash-object", "-w", "/dev/null"])
            .stdout(Stdio::null()),
    )?;
    let staged = format!("100644,{blob},{}", source_path(files / 2, files));
    crate::run::succeed(git(path).args(["update-index", "--cacheinfo", &staged]))
}

/// A repository whose branch `topic` has `commits` commits and stands one commit behind `main`.
pub fn behind(path: &Path, commits: u64) -> std::io::Result<()> {
    import(path, false, |import| {
        let base = import.commit("main", "Begin\n", &[])?;
        import.file("baton.toml", POLICY)?;
        import.commit("main", "Go on\n", &[base])?;
        import.file("main.txt", "main\n")?;
        let mut tip = base;
        for number in 0..commits {
            tip = import.commit("topic", &format!("Step {number}\n"), &[tip])?;
            import.file(&format!("topic/{number}.txt"), "topic\n")?;
        }
        Ok(())
    })?;
    crate::run::succeed(git(path).args(["reset", "--hard", "--quiet"]))
}

/// A bare repository of `branches` branches, each one commit ahead of `main`.
pub fn fan(path: &Path, branches: u64) -> std::io::Result<()> {
    import(path, true, |import| {
        let base = import.commit("main", "Begin\n", &[])?;
        import.file("baton.toml", POLICY)?;
        for number in 0..branches {
            import.commit(&format!("work/{number}"), "Work\n", &[base])?;
            import.file(&format!("{number}.txt"), "work\n")?;
        }
        Ok(())
    })
}

/// A bare repository of `files` files and as many branches `auto/<number>` of agents' work: each
/// edits ten files and adds one, one in five moves a file, and two at a time edit one file both.
pub fn agents(path: &Path, files: u64, branches: u64) -> std::io::Result<()> {
    import(path, true, |import| {
        let base = import.commit("main", "Begin\n", &[])?;
        import.file("baton.toml", POLICY)?;
        for number in 0..files {
            import.file(&source_path(number, files), &format!("// {number}\n"))?;
        }
        for number in 0..branches {
            import.commit(&format!("auto/{number}"), "Work\n", &[base])?;
            for _ in 0..9 {
                let edited = import.random(files);
                import.file(&source_path(edited, files), &format!("// by {number}\n"))?;
            }
            let shared = files / 2 + number / 2;
            import.file(&source_path(shared, files), &format!("// by {number}\n"))?;
            import.file(&format!("src/new/{number}.rs"), "// new\n")?;
            if number % 5 == 0 {
                let moved = source_path(files / 4 + number, files);
                writeln!(import.out, "R {moved} src/moved/{number}.rs")?;
            }
        }
        Ok(())
    })
}

/// A repository of `files` files on `main`, of which a branch `next`, a commit ahead, changes
/// `moved`. They are as large as an ordinary project's, or small. Its working tree is left empty.
pub fn moving(path: &Path, files: u64, moved: u64, ordinary: bool) -> std::io::Result<()> {
    let source = match ordinary {
        true => ordinary_source,
        false => source,
    };
    import(path, false, |import| {
        let base = import.commit("main", "Begin\n", &[])?;
        import.file("baton.toml", POLICY)?;
        import.file(".gitignore", "target/\n")?;
        for number in 0..files {
            import.file(&source_path(number, files), &source(number, 0))?;
        }
        import.commit("next", "Go on\n", &[base])?;
        for number in 0..moved {
            let number = number * (files / moved);
            import.file(&source_path(number, files), &source(number, CHANGED))?;
        }
        Ok(())
    })
}

/// A clone's beginning: a repository with the base of [`fan`] that knows it as `origin`.
pub fn clone_of_fan(path: &Path, origin: &Path) -> std::io::Result<()> {
    let url = origin.to_string_lossy();
    let parent = path.parent().unwrap_or(path);
    crate::run::succeed(
        git(parent)
            .args([
                "clone",
                "--quiet",
                "--single-branch",
                "--branch=main",
                "--template=",
                &url,
            ])
            .arg(path),
    )?;
    for key in ["gc.auto", "maintenance.auto"] {
        crate::run::succeed(git(path).args(["config", key, "0"]))?;
    }
    Ok(())
}

/// How large [`long`] makes a history.
pub struct Size {
    /// Commits, merges included.
    pub commits: u64,
    /// Files at its beginning.
    pub files: u64,
}

/// A bare repository with a long history: branches of some commits each, merged into `main`,
/// which goes on meanwhile; a session log a branch; a handoff document that grows. Packed as
/// `git gc` packs it.
pub fn long(path: &Path, size: &Size) -> std::io::Result<()> {
    import(path, true, |import| write_long(import, size))?;
    crate::run::succeed(git(path).args(["-c", "gc.autoDetach=false", "gc", "--quiet"]))
}

/// A bare repository with a history as long that breaks no rule: nobody writes the handoff document.
pub fn clean(path: &Path, size: &Size) -> std::io::Result<()> {
    import(path, true, |import| {
        let mut main = begin_long(import, size.files)?;
        for session in 1.. {
            if import.marks >= size.commits {
                break;
            }
            main = session_of_work(import, main, session, size.files)?;
        }
        Ok(())
    })?;
    crate::run::succeed(git(path).args(["-c", "gc.autoDetach=false", "gc", "--quiet"]))
}

fn begin_long<W: Write>(import: &mut Import<W>, files: u64) -> std::io::Result<u64> {
    let main = import.commit("main", "Begin\n", &[])?;
    import.file("baton.toml", POLICY)?;
    import.file(".agents/HANDOFF.md", "# Handoff\n\n## Recent Work\n")?;
    for name in [
        "README.md",
        "LICENSE",
        "Cargo.toml",
        ".gitignore",
        "CHANGELOG.md",
    ] {
        import.file(name, "text\n")?;
    }
    for number in 0..files {
        import.file(&source_path(number, files), &source(number, 0))?;
    }
    Ok(main)
}

fn write_long<W: Write>(import: &mut Import<W>, size: &Size) -> std::io::Result<()> {
    let files = size.files;
    let mut main = begin_long(import, files)?;
    let mut session = 0;
    while import.marks < size.commits {
        session += 1;
        main = session_of_work(import, main, session, files)?;
        if session % 40 == 0 {
            main = import.commit("main", "Write the handoff down\n", &[main])?;
            let mut text = String::from("# Handoff\n\n## Recent Work\n");
            for number in (1..=session).rev().take(200) {
                let _ = writeln!(text, "- session {number}");
            }
            import.file(".agents/HANDOFF.md", &text)?;
        }
    }
    Ok(())
}

/// A branch from `main`, its work and its log, merged. One branch in ten keeps its name.
fn session_of_work<W: Write>(
    import: &mut Import<W>,
    mut main: u64,
    session: u64,
    files: u64,
) -> std::io::Result<u64> {
    let branch = match session % 10 {
        0 => format!("session-{session}"),
        _ => "topic".to_owned(),
    };
    let (mut tip, mut written) = (main, Vec::new());
    for _ in 0..4 + import.random(14) {
        tip = work(import, &branch, tip, session, files, &mut written)?;
    }
    let day = day(session);
    let log = format!(".agents/sessions/{day}-session-{session}.md");
    written.push((log, format!("# Session {session}\n\nDone.\n")));
    let message = format!("Log the session\n\nBaton-Session: {day}/{session}\n");
    tip = import.commit(&branch, &message, &[tip])?;
    let (log, text) = &written[written.len() - 1];
    import.file(log, text)?;
    for _ in 0..import.random(3) {
        main = work(import, "main", main, session, files, &mut Vec::new())?;
    }
    let merge = format!("Merge branch '{branch}'\n");
    main = import.commit("main", &merge, &[main, tip])?;
    for (path, text) in &written {
        import.file(path, text)?;
    }
    Ok(main)
}

/// One commit of ordinary work: one to five files, which are added to `written`.
fn work<W: Write>(
    import: &mut Import<W>,
    branch: &str,
    parent: u64,
    session: u64,
    files: u64,
    written: &mut Vec<(String, String)>,
) -> std::io::Result<u64> {
    let what = import.random(1_000_000);
    let message = format!(
        "Change part {what} for session {session}\n\nThe part answered late when it was asked twice: it now\n\
         remembers what it said, and says it again.\n\nReviewed-by: Person {} <person@example.org>\n",
        what % 17
    );
    let commit = import.commit(branch, &message, &[parent])?;
    let first = import.random(files);
    for offset in 0..1 + import.random(5) {
        let number = (first + offset * offset * 7) % files;
        written.push((source_path(number, files), source(number, what)));
        let (path, text) = &written[written.len() - 1];
        import.file(path, text)?;
    }
    Ok(commit)
}

/// Text that packs like source, as long as a file of a project is: half of them have less than
/// 5 KB, one in a hundred more than 70 KB, the largest 200 KB, and the mean is 8.6 KB (a Pareto
/// distribution, cut off).
fn ordinary_source(number: u64, version: u64) -> String {
    const WORDS: [&str; 16] = [
        "answer", "branch", "commit", "digest", "entry", "field", "group", "handle", "index",
        "journal", "kernel", "ledger", "merge", "notice", "object", "parent",
    ];
    // Multiples of the golden ratio's fraction spread evenly (Weyl).
    let share = (number as f64 * 0.618_033_988_749_895).fract();
    let size = (3_000.0 / (1.0 - share).powf(0.7)).min(200_000.0) as usize;
    let mut random = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = format!("//! File {number}, version {version}.\n\n");
    while text.len() < size {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let word = |shift: u32| WORDS[(random >> shift) as usize % WORDS.len()];
        let (value, indent) = (random % 1_000, 4 * (random >> 60) as usize % 12);
        let _ = writeln!(
            text,
            "{:indent$}let {}_{} = self.{}({value}, &{}).{}()?;",
            "",
            word(10),
            word(15),
            word(20),
            word(25),
            word(30),
        );
    }
    text
}

fn source(number: u64, version: u64) -> String {
    let mut text = format!("//! File {number}.\n\n");
    for line in 0..20 {
        let value = if line == version % 20 { version } else { line };
        let _ = writeln!(text, "pub const VALUE_{line}: u64 = {value};");
    }
    text
}

/// The day on which a session began, ten sessions a day.
fn day(session: u64) -> String {
    let day = session / 10;
    format!(
        "{}-{:02}-{:02}",
        2024 + day / 336,
        day / 28 % 12 + 1,
        day % 28 + 1
    )
}

/// A checkout of `files` files, and `branches` tags `branch-<number>`, each one commit ahead of
/// `main` that changes a file of its own.
pub fn disjoint(path: &Path, files: u64, branches: u64) -> std::io::Result<()> {
    import(path, false, |import| {
        let base = import.commit("main", "Begin\n", &[])?;
        import.file("baton.toml", POLICY)?;
        for number in 0..files {
            let text = format!("// {}\n", number % 512);
            import.file(&source_path(number, files), &text)?;
        }
        for number in 0..branches {
            import.commit(&format!("branch-{number}"), "Work\n", &[base])?;
            import.file(&source_path(number * files / branches, files), "// work\n")?;
        }
        Ok(())
    })?;
    for number in 0..branches {
        let name = format!("branch-{number}");
        crate::run::succeed(git(path).args(["tag", &name, &format!("refs/heads/{name}")]))?;
        crate::run::succeed(git(path).args(["branch", "--quiet", "-D", &name]))?;
    }
    crate::run::succeed(git(path).args(["tag", "start", "main"]))?;
    crate::run::succeed(git(path).args(["reset", "--hard", "--quiet"]))
}
