//! The effects of a shell command: read with a shell's parser and followed as far as its text tells.
//!
//! Variables, functions, directories and small outputs (`echo`, `pwd`) are followed where they are literal. What is not known
//! stands as [`UNKNOWN`] in words, and is allowed unless a protected name follows it.

mod arguments;
mod commands;
mod copies;
mod find;
mod git;
mod git_files;
mod inline;
mod output;
mod redirect;
mod refs;
mod refspec;
mod sed;
mod settings;
mod targets;
mod word;
mod wrappers;

use std::collections::HashMap;
use std::rc::Rc;

use brush_parser::ast::{self, AndOr, Command, CompoundCommand, CompoundList};
use brush_parser::{Parser, ParserOptions, SourceInfo};

use crate::path::{self, How, UNKNOWN};
use crate::{Ground, Refusal};

/// The maximum depth of commands in commands.
const MAX_DEPTH: usize = 24;
/// The maximum number of commands that are looked at.
const MAX_STEPS: usize = 5_000;
/// The maximum length of a command that is parsed, in bytes.
const MAX_BYTES: usize = 256 << 10;
/// The maximum depth of parentheses in parentheses: the parser's time doubles with each that is never closed.
const MAX_NESTING: usize = 12;
/// The number of times the body of a loop is looked at.
const MAX_ROUNDS: usize = 64;

/// Why this command may not run in this directory. `unseen_input`: what is typed into a shell that it opens is no event.
pub(crate) fn judge(
    ground: &Ground,
    command: &str,
    cwd: &str,
    unseen_input: bool,
) -> Option<Refusal> {
    let mut shell = Shell {
        ground,
        unseen_input,
        cwd: cwd.to_owned(),
        variables: HashMap::new(),
        args: Vec::new(),
        directories: Vec::new(),
        functions: HashMap::new(),
        links: HashMap::new(),
        written: HashMap::new(),
        foreign: Vec::new(),
        stashed: 0,
        depth: 0,
        steps: 0,
        refusal: None,
        options: ParserOptions::default(),
    };
    shell.script(command, &Flow::None);
    shell.refusal
}

/// The data that goes from one command to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Flow {
    /// Nothing: the standard input of the whole.
    None,
    /// Something that is not known.
    Unknown,
    /// This text.
    Text(String),
    /// The files that `find` with these arguments finds.
    Found(Vec<String>),
}

/// A shell while its command is followed.
struct Shell<'a> {
    ground: &'a Ground<'a>,
    unseen_input: bool,
    cwd: String,
    variables: HashMap<String, String>,
    args: Vec<String>,
    /// The directories to which `popd` and `cd -` go back.
    directories: Vec<String>,
    functions: HashMap<String, Rc<ast::FunctionBody>>,
    /// The symbolic links that the command has made, and where they lead.
    links: HashMap<String, String>,
    /// The files that the command has written, where their text is known.
    written: HashMap<String, String>,
    /// The repositories that the command has made.
    foreign: Vec<String>,
    /// The number of entries that the command has put on the stash.
    stashed: usize,
    depth: usize,
    steps: usize,
    refusal: Option<Refusal>,
    options: ParserOptions,
}

impl Shell<'_> {
    fn refuse(&mut self, refusal: Option<Refusal>) {
        if self.refusal.is_none() {
            self.refusal = refusal;
        }
    }

    /// Refuses the command if this path, seen from the current directory, may not be written.
    fn writes(&mut self, path: &str, how: How) {
        if path.is_empty() || path == "-" {
            return;
        }
        let path = self.absolute(path);
        self.refuse(self.ground.refuses(&path, how));
    }

    fn absolute(&self, path: &str) -> String {
        let mut path = path::join(&self.cwd, path);
        for _ in 0..8 {
            let linked = self.links.iter().find_map(|(link, target)| {
                let rest = path::below(&path, link)?;
                Some(path::join(target, rest))
            });
            match linked {
                Some(linked) => path = linked,
                None => break,
            }
        }
        path
    }

    fn is_over(&self) -> bool {
        self.refusal.is_some() || self.steps > MAX_STEPS || self.depth > MAX_DEPTH
    }

    /// Follows the text of a script.
    fn script(&mut self, text: &str, input: &Flow) -> Flow {
        if self.is_over() {
            return Flow::Unknown;
        }
        let parsed = (text.len() <= MAX_BYTES && nesting(text) <= MAX_NESTING)
            .then(|| Parser::new(text.as_bytes(), &self.options, &SourceInfo::default()))
            .and_then(|mut parser| parser.parse_program().ok());
        let Some(program) = parsed else {
            self.unparsed(text);
            return Flow::Unknown;
        };
        self.depth += 1;
        let lists = program.complete_commands.iter();
        let flows: Vec<_> = lists.map(|list| self.list(list, input)).collect();
        self.depth -= 1;
        together(flows)
    }

    /// Follows a script in a process of its own: what it sets is gone with it.
    fn apart(&mut self, follow: impl FnOnce(&mut Self) -> Flow) -> Flow {
        let kept = (
            self.cwd.clone(),
            self.variables.clone(),
            self.args.clone(),
            self.functions.clone(),
        );
        self.depth += 1;
        let flow = match self.is_over() {
            true => Flow::Unknown,
            false => follow(self),
        };
        self.depth -= 1;
        (self.cwd, self.variables, self.args, self.functions) = kept;
        flow
    }

    fn list(&mut self, list: &CompoundList, input: &Flow) -> Flow {
        let mut flows = Vec::new();
        for ast::CompoundListItem(and_or, _) in &list.0 {
            flows.push(self.pipeline(&and_or.first, input));
            for next in &and_or.additional {
                let (AndOr::And(pipeline) | AndOr::Or(pipeline)) = next;
                flows.push(self.pipeline(pipeline, input));
            }
        }
        together(flows)
    }

    fn pipeline(&mut self, pipeline: &ast::Pipeline, input: &Flow) -> Flow {
        if let [only] = pipeline.seq.as_slice() {
            return self.one(only, input);
        }
        let mut flow = input.clone();
        for command in &pipeline.seq {
            let before = flow.clone();
            flow = self.apart(|shell| shell.one(command, &before));
        }
        flow
    }

    fn one(&mut self, command: &Command, input: &Flow) -> Flow {
        if self.is_over() {
            return Flow::Unknown;
        }
        self.steps += 1;
        match command {
            Command::Simple(simple) => self.simple(simple, input),
            Command::Compound(compound, redirects) => {
                let io = self.redirects(redirects.iter().flat_map(|list| &list.0));
                let flow = self.compound(compound, io.input.as_ref().unwrap_or(input));
                self.keep_output(&io, flow)
            }
            Command::Function(function) => {
                let body = Rc::new(function.body.clone());
                self.functions.insert(function.fname.to_string(), body);
                Flow::Text(String::new())
            }
            Command::ExtendedTest(..) => Flow::Text(String::new()),
        }
    }

    fn compound(&mut self, command: &CompoundCommand, input: &Flow) -> Flow {
        match command {
            CompoundCommand::BraceGroup(group) => self.list(&group.list, input),
            CompoundCommand::Subshell(subshell) => {
                self.apart(|shell| shell.list(&subshell.list, input))
            }
            CompoundCommand::ForClause(clause) => self.for_clause(clause, input),
            CompoundCommand::CaseClause(clause) => {
                let lists = clause.cases.iter().filter_map(|case| case.cmd.as_ref());
                lists.for_each(|list| drop(self.list(list, input)));
                Flow::Unknown
            }
            CompoundCommand::IfClause(clause) => {
                self.list(&clause.condition, input);
                self.list(&clause.then, input);
                for other in clause.elses.iter().flatten() {
                    if let Some(condition) = &other.condition {
                        self.list(condition, input);
                    }
                    self.list(&other.body, input);
                }
                Flow::Unknown
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.while_clause(clause, input);
                Flow::Unknown
            }
            CompoundCommand::ArithmeticForClause(clause) => {
                self.list(&clause.body.list, input);
                Flow::Unknown
            }
            CompoundCommand::Arithmetic(_) => Flow::Text(String::new()),
        }
    }

    fn for_clause(&mut self, clause: &ast::ForClauseCommand, input: &Flow) -> Flow {
        let values: Vec<String> = match &clause.values {
            Some(words) => words.iter().flat_map(|word| self.expand(word)).collect(),
            None => self.args.clone(),
        };
        let values = values.iter().flat_map(|value| self.present(value));
        for value in values.take(MAX_ROUNDS).collect::<Vec<_>>() {
            self.variables.insert(clause.variable_name.clone(), value);
            self.list(&clause.body.list, input);
        }
        Flow::Unknown
    }

    /// The files that a word with wildcards stands for; the word itself where there are none.
    fn present(&self, word: &str) -> Vec<String> {
        if !word.contains([path::ANY, path::ONE]) || word.contains(UNKNOWN) {
            return vec![word.to_owned()];
        }
        let found = self.ground.matching(&path::join(&self.cwd, word));
        match found.is_empty() {
            true => vec![word.to_owned()],
            false => found,
        }
    }

    /// Follows a loop, with each line of its input where `read` reads it.
    fn while_clause(&mut self, clause: &ast::WhileOrUntilClauseCommand, input: &Flow) {
        let lines = match input {
            Flow::Text(text) => text.lines().map(str::to_owned).collect(),
            Flow::Found(args) => find::candidates(self, args),
            _ => vec![UNKNOWN.to_string()],
        };
        for line in lines.into_iter().take(MAX_ROUNDS) {
            let line = Flow::Text(line);
            self.list(&clause.0, &line);
            self.list(&clause.1.list, &Flow::Unknown);
        }
    }

    /// Returns the text that a command in `$(...)` prints.
    fn substitute(&mut self, text: &str) -> String {
        match self.apart(|shell| shell.script(text, &Flow::Unknown)) {
            Flow::Text(text) => text.trim_end_matches('\n').to_owned(),
            Flow::Found(args) => find::candidates(self, &args).join("\n"),
            _ => UNKNOWN.to_string(),
        }
    }
}

/// Returns the depth of parentheses in parentheses, wherever they stand.
fn nesting(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// Joins the output of several commands, one after another.
fn together(mut flows: Vec<Flow>) -> Flow {
    if flows.len() == 1 {
        return flows.remove(0);
    }
    let mut whole = String::new();
    for flow in flows {
        match flow {
            Flow::Text(text) => whole.push_str(&text),
            _ => return Flow::Unknown,
        }
    }
    Flow::Text(whole)
}
