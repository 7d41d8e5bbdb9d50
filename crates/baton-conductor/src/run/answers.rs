//! Several agents' answers to one question become one, or a question to a person.

use std::fmt::Write;

/// The rule by which several answers become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// All of them, one after the other, each under the name of who gave it.
    Merge,
    /// The one that more than half of them gave.
    Vote,
    /// The one that all gave; where they differ, a person decides.
    Escalate,
}

/// The answer of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The agent that gave it.
    pub who: String,
    /// The text of the answer.
    pub text: String,
}

/// The result of several answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Combined {
    /// One answer.
    One(String),
    /// None prevails: each different answer with those who gave it, the most frequent first.
    Undecided(Vec<Camp>),
}

/// Those who gave the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Camp {
    /// The answer, as the first of them gave it.
    pub text: String,
    /// The agents that gave it, in the order of the answers.
    pub who: Vec<String>,
}

/// Combines these answers into one. Two are the same when they differ in blanks and the case of
/// letters alone.
pub fn combine(how: Combine, answers: &[Answer]) -> Combined {
    combine_by(how, answers, &essence)
}

/// [`combine`], with another measure of sameness: two answers are the same when `essence` is.
pub fn combine_by(how: Combine, answers: &[Answer], essence: &dyn Fn(&str) -> String) -> Combined {
    if how == Combine::Merge {
        return Combined::One(merged(answers));
    }
    let camps = camps(answers, essence);
    let prevails = |camp: &Camp| match how {
        Combine::Vote => camp.who.len() * 2 > answers.len(),
        _ => camp.who.len() == answers.len(),
    };
    match camps.first() {
        Some(first) if prevails(first) => Combined::One(first.text.clone()),
        _ => Combined::Undecided(camps),
    }
}

/// All answers as one Markdown document.
fn merged(answers: &[Answer]) -> String {
    let mut text = String::new();
    for answer in answers {
        if !text.is_empty() {
            text.push('\n');
        }
        writeln!(text, "## {}\n\n{}", answer.who, answer.text.trim()).expect("a String takes all");
    }
    text
}

fn camps(answers: &[Answer], essence: &dyn Fn(&str) -> String) -> Vec<Camp> {
    let mut camps: Vec<(String, Camp)> = Vec::new();
    for answer in answers {
        let key = essence(&answer.text);
        match camps.iter_mut().find(|(other, _)| *other == key) {
            Some((_, camp)) => camp.who.push(answer.who.clone()),
            None => camps.push((
                key,
                Camp {
                    text: answer.text.clone(),
                    who: vec![answer.who.clone()],
                },
            )),
        }
    }
    let mut camps: Vec<_> = camps.into_iter().map(|(_, camp)| camp).collect();
    camps.sort_by_key(|camp| std::cmp::Reverse(camp.who.len()));
    camps
}

/// A text without what blanks and the case of letters add.
pub fn essence(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// Why nothing was decided, with every camp named: a majority that is none, or a tie.
pub fn explain(camps: &[Camp]) -> String {
    let strongest = camps.first().map_or(0, |camp| camp.who.len());
    let tied = camps.iter().filter(|camp| camp.who.len() == strongest);
    let mut text = match tied.count() {
        0 => return "nobody answered".to_owned(),
        1 => "no answer was given by more than half\n".to_owned(),
        tied => format!("a tie between {tied} answers\n"),
    };
    for camp in camps {
        let first = camp.text.trim().lines().next().unwrap_or_default();
        writeln!(text, "  {}: {first}", camp.who.join(", ")).expect("a String takes all");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(texts: &[&str]) -> Vec<Answer> {
        let answer = |(at, text): (usize, &&str)| Answer {
            who: format!("agent {}", at + 1),
            text: (*text).to_owned(),
        };
        texts.iter().enumerate().map(answer).collect()
    }

    #[test]
    fn a_majority_is_more_than_half() {
        let three = answers(&["Use SQL.\n", "use  sql.", "Use files."]);
        assert_eq!(
            combine(Combine::Vote, &three),
            Combined::One("Use SQL.\n".to_owned())
        );
        let plural = answers(&["a", "a", "b", "c"]);
        assert!(matches!(
            combine(Combine::Vote, &plural),
            Combined::Undecided(_)
        ));
    }

    #[test]
    fn a_tie_is_named_with_who_is_in_it() {
        let Combined::Undecided(camps) = combine(Combine::Vote, &answers(&["a", "b", "a", "b"]))
        else {
            panic!("a tie decided");
        };
        assert_eq!(
            explain(&camps),
            "a tie between 2 answers\n  agent 1, agent 3: a\n  agent 2, agent 4: b\n"
        );
    }

    #[test]
    fn what_not_all_say_goes_to_a_person() {
        assert_eq!(
            combine(Combine::Escalate, &answers(&["a", "A"])),
            Combined::One("a".to_owned())
        );
        let Combined::Undecided(camps) = combine(Combine::Escalate, &answers(&["a", "a", "b"]))
        else {
            panic!("a dissent was passed over");
        };
        assert!(explain(&camps).starts_with("no answer was given by more than half"));
    }

    #[test]
    fn nobody_decides_nothing() {
        for how in [Combine::Vote, Combine::Escalate] {
            let Combined::Undecided(camps) = combine(how, &[]) else {
                panic!("nobody decided");
            };
            assert_eq!(explain(&camps), "nobody answered");
        }
    }

    #[test]
    fn findings_are_merged_under_the_names_of_their_finders() {
        let Combined::One(text) = combine(Combine::Merge, &answers(&["one\n", "two"])) else {
            panic!("a merge is always one");
        };
        assert_eq!(text, "## agent 1\n\none\n\n## agent 2\n\ntwo\n");
    }
}
