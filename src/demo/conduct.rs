//! A task file, conducted from its plan to the aggregate commit.

use super::DemoError;
use super::scene::{Place, Scene};
use super::shell::Ran;

/// The agents' tasks. Each agent is a script: one changes a file of another's at first, and one
/// says that it is done when it has committed nothing.
const TASKS: &str = r#"version = 1

[[task]]
id = "lexer"
title = "Split the text into words"
agent = "shell"
prompt = "echo words > src/lexer.txt; git add -A; git commit -q -m 'Split the text into words'"
files = ["src/lexer.txt"]
verify = ["test -s src/lexer.txt"]

[[task]]
id = "names"
title = "Look names up"
agent = "shell"
prompt = """
test "$BATON_ATTEMPT" != 1 || echo mine > src/lexer.txt
echo names > src/names.txt; git add -A; git commit -q -m 'Look names up'
"""
files = ["src/names.txt"]

[[task]]
id = "help"
title = "Answer a cry for help"
agent = "shell"
prompt = """
echo help > src/help.txt
test "$BATON_ATTEMPT" != 1 || exit 0
git add -A; git commit -q -m 'Answer a cry for help'
"""
files = ["src/help.txt"]

[[task]]
id = "manual"
title = "Write the manual"
agent = "shell"
prompt = """
cat src/lexer.txt src/names.txt > src/manual.txt
git add -A; git commit -q -m 'Write the manual'
"""
files = ["src/manual.txt"]
after = ["lexer", "names"]
"#;

impl Scene<'_> {
    /// Has the tasks done; gives the command line and what it told.
    pub fn conduct(&self) -> Result<(&'static str, Ran), DemoError> {
        let line = "git-baton orchestrator run ../tasks.toml --all";
        self.write(Place::Project, "../tasks.toml", TASKS)?;
        let ran = self.run(Place::Project, line, self.words())?;
        Ok((line, ran))
    }
}
