//! Git's commands that change files and the index: patches, and what is taken from other commits.

use super::arguments::{operands, values};
use super::{Flow, Shell};
use crate::patch;
use crate::path::{self, How};

impl Shell<'_> {
    /// Refuses a patch whose text is known and that changes what may not be changed.
    pub(super) fn applies(&mut self, args: &[String], input: &Flow) {
        let only_tells = ["--check", "--stat", "--numstat", "--summary"];
        if args.iter().any(|arg| only_tells.contains(&arg.as_str())) {
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
        let reads_input = files.iter().all(|file| file == "-" || file == "/dev/stdin");
        if let (true, Flow::Text(text)) = (reads_input, input) {
            texts.push(text.clone());
        }
        let root = self.ground.root.clone();
        let directory = values(args, &["--directory"]).into_iter().next();
        let root = directory.map_or(root.clone(), |dir| path::join(&root, &dir));
        for path in texts.iter().flat_map(|text| patch::paths(text)) {
            self.writes(&path::join(&root, &path), How::Write);
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
