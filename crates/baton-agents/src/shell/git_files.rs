//! Git's commands that change files and the index: patches, and what is taken from other commits.

use super::arguments::{has_long, operands, strip_level, values};
use super::{Flow, Shell};
use crate::patch;
use crate::path::{self, How};

impl Shell<'_> {
    /// Refuses a patch whose text is known and that changes what may not be changed.
    pub(super) fn applies(&mut self, args: &[String], input: &Flow) {
        let only_tells = ["--check", "--stat", "--numstat", "--summary"];
        let tells = args.iter().any(|arg| only_tells.contains(&arg.as_str()));
        if tells && !has_long(args, "--apply") {
            return;
        }
        let valued = [
            "-p",
            "-C",
            "--directory",
            "--exclude",
            "--include",
            "--whitespace",
        ];
        let files = operands(args, &valued);
        let mut texts: Vec<_> = files
            .iter()
            .filter_map(|file| self.written.get(&self.absolute(file)).cloned())
            .collect();
        let inputs = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
        let reads_input = files.iter().all(|file| inputs.contains(&file.as_str()));
        if let (true, Flow::Text(text)) = (reads_input, input) {
            texts.push(text.clone());
        }
        let stripped = strip_level(args).unwrap_or(1);
        let directory = values(args, &["--directory"]).into_iter().next();
        // Paths are seen from the root, and without git's headers from the current directory.
        for from in [self.ground.root.clone(), self.cwd.clone()] {
            let from = directory
                .as_ref()
                .map_or(from.clone(), |dir| path::join(&from, dir));
            for path in texts
                .iter()
                .flat_map(|text| patch::paths_below(text, stripped))
            {
                self.writes(&path::join(&from, &path), How::Write);
            }
        }
    }

    /// Refuses what puts protected files into the index, takes them out, or hides them.
    pub(super) fn update_index(&mut self, args: &[String]) {
        let harmless = [
            "--no-assume-unchanged",
            "--no-skip-worktree",
            "--refresh",
            "--really-refresh",
        ];
        if args.iter().any(|arg| harmless.contains(&arg.as_str())) {
            return;
        }
        for operand in operands(args, &[]) {
            let path = operand.rsplit(',').next().unwrap_or(&operand);
            self.writes(path, How::Write);
        }
    }

    pub(super) fn restore(&mut self, args: &[String]) {
        let source = values(args, &["-s", "--source"]).into_iter().next();
        let is_head = |source: &String| ["HEAD", "@", "HEAD~0"].contains(&source.as_str());
        let staged_only = args.iter().any(|arg| arg == "--staged" || arg == "-S")
            && !args.iter().any(|arg| arg == "--worktree" || arg == "-W");
        if source.as_ref().is_none_or(is_head) || staged_only {
            return;
        }
        for path in operands(args, &["-s", "--source", "--pathspec-from-file"]) {
            if path != "." {
                self.writes(&path, How::Tree);
            }
        }
    }

    pub(super) fn checkout(&mut self, name: &str, args: &[String]) {
        for (at, arg) in args.iter().enumerate() {
            let forces = match name {
                "switch" => ["-C", "--force-create"],
                _ => ["-B", "-B"],
            };
            if forces.contains(&arg.as_str())
                && let Some(branch) = args.get(at + 1)
            {
                self.moves_branch(branch);
            }
        }
        let Some(at) = args.iter().position(|arg| arg == "--") else {
            // Without the dashes the first operand is the commit.
            let operands = operands(args, &["-b", "-B", "--orphan", "--conflict", "-t"]);
            let makes = args.iter().any(|arg| {
                [
                    "-b", "-B", "-c", "-C", "--orphan", "-t", "--detach", "--ours", "--theirs",
                ]
                .contains(&arg.as_str())
            });
            if name == "checkout"
                && !makes
                && operands.len() > 1
                && !["HEAD", "@"].contains(&operands[0].as_str())
            {
                operands[1..]
                    .iter()
                    .filter(|path| *path != ".")
                    .for_each(|path| self.writes(path, How::Tree));
            }
            return;
        };
        let commit = args[..at].iter().find(|arg| !arg.starts_with('-'));
        if commit.is_some_and(|commit| !["HEAD", "@"].contains(&commit.as_str())) {
            for path in args[at + 1..].iter().filter(|path| *path != ".") {
                self.writes(path, How::Tree);
            }
        }
    }
}
