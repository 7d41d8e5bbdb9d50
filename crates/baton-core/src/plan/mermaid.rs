//! A plan as a Mermaid flowchart.

use std::collections::HashMap;
use std::fmt::Write;

use super::{Because, Plan, TaskList};
use crate::report::escape::visible;

/// The flowchart: a box for each group, in it one for each agent, and arrows from each task to
/// those that build on it; dotted ones, with the pattern of the later task, to those that may
/// change the same paths.
pub fn mermaid(list: &TaskList, plan: &Plan) -> String {
    let mut text = String::from("flowchart TD\n");
    let mut agent = 0;
    for (at, group) in plan.groups.iter().enumerate() {
        let number = at + 1;
        line(
            &mut text,
            1,
            &format!("subgraph g{number}[\"Group {number}\"]"),
        );
        for lane in &group.lanes {
            agent += 1;
            line(
                &mut text,
                2,
                &format!("subgraph a{agent}[\"Agent {agent}\"]"),
            );
            for &task in &lane.tasks {
                let title = quoted(&list.tasks[task].title);
                line(&mut text, 3, &format!("t{task}[{title}]"));
            }
            line(&mut text, 2, "end");
        }
        line(&mut text, 1, "end");
    }
    let index: HashMap<_, _> = list
        .tasks
        .iter()
        .enumerate()
        .map(|(at, task)| (&task.id, at))
        .collect();
    for (later, task) in list.tasks.iter().enumerate() {
        for wait in &task.waits_for {
            let arrow = match &wait.because {
                Because::After => "-->".to_owned(),
                Because::Overlap { own, .. } => format!("-. {} .->", quoted(own)),
            };
            let earlier = index[&wait.task];
            line(&mut text, 1, &format!("t{earlier} {arrow} t{later}"));
        }
    }
    text
}

fn line(text: &mut String, depth: usize, words: &str) {
    writeln!(text, "{:1$}{words}", "", 4 * depth).expect("a String takes all");
}

/// A text that Mermaid shows as it is: neither the end of a string nor HTML nor Markdown.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in visible(text.as_bytes()).chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '*' | '_' | ';' | '\\' => {
                write!(quoted, "#{};", u32::from(c)).expect("a String takes all");
            }
            _ => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Conductor, Policy};

    #[test]
    fn groups_agents_and_both_sorts_of_arrows_are_drawn() {
        let text = "[[task]]\nid = 'a'\ntitle = 'Say \"hi\" `x` #1'\nprompt = 'p'\nfiles = ['a']\n\
             [[task]]\nid = 'b'\nprompt = 'p'\nfiles = ['b/*', 'c']\nafter = ['a']\n\
             [[task]]\nid = 'c'\nprompt = 'p'\nfiles = ['b/x']";
        let list = TaskList::parse("t", text.as_bytes(), &Policy::default()).unwrap();
        let conductor = Conductor {
            min_tasks: 1,
            ..Conductor::default()
        };
        let plan = Plan::new(&list, &conductor);
        let drawn = "\
flowchart TD
    subgraph g1[\"Group 1\"]
        subgraph a1[\"Agent 1\"]
            t0[\"Say #34;hi#34; #96;x#96; #35;1\"]
            t1[\"b\"]
            t2[\"c\"]
        end
    end
    t0 --> t1
    t1 -. \"b/x\" .-> t2
";
        assert_eq!(mermaid(&list, &plan), drawn);
    }
}
