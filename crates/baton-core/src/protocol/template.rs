//! The log that a session begins with.

const TEMPLATE: &str = include_str!("session-log.md");

/// The values for the blanks of the template.
#[derive(Debug, Clone, Default)]
pub struct Blank<'a> {
    /// The session's number.
    pub number: &'a str,
    /// Its day.
    pub date: &'a str,
    /// Its title.
    pub title: &'a str,
    /// The task that it works on.
    pub task: &'a str,
    /// The branch's short name.
    pub branch: &'a str,
    /// The worktree.
    pub worktree: &'a str,
    /// The handoff document's path.
    pub handoff: &'a str,
}

/// The log that a session begins with. What is filled in is not looked at for blanks again.
pub fn render(blank: &Blank<'_>) -> String {
    let mut log = String::with_capacity(TEMPLATE.len() + 256);
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        log.push_str(before);
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        log.push_str(match name {
            "number" => blank.number,
            "date" => blank.date,
            "title" | "objective" => blank.title,
            "task" => blank.task,
            "branch" => blank.branch,
            "worktree" => blank.worktree,
            "handoff" => blank.handoff,
            _ => "",
        });
        rest = after;
    }
    log + rest
}

#[cfg(test)]
mod tests {
    use super::super::{Level, Status, parse};
    use super::*;

    #[test]
    fn the_template_has_rows_of_every_kind_and_no_unknown_blank() {
        let mut blanks: Vec<_> = TEMPLATE.split("{{").skip(1).collect();
        blanks
            .iter_mut()
            .for_each(|blank| *blank = blank.split("}}").next().unwrap());
        for blank in blanks {
            let known = [
                "number",
                "date",
                "title",
                "objective",
                "task",
                "branch",
                "worktree",
                "handoff",
            ];
            assert!(known.contains(&blank), "{blank}");
        }
        let log = parse(TEMPLATE.into());
        for level in [Level::Must, Level::MustNot, Level::Should] {
            assert!(log.rows.iter().any(|row| row.level == level));
        }
        assert!(log.rows.iter().all(|row| row.surplus == 0));
        let ticked = log.rows.iter().filter(|row| row.status == Status::Ticked);
        assert_eq!(
            ticked.count(),
            1,
            "a log begins with what start itself did, and no more"
        );
    }

    #[test]
    fn what_is_filled_in_stays_as_it_is() {
        let log = render(&Blank {
            number: "7",
            title: "{{number}} & {{x",
            ..Blank::default()
        });
        assert!(log.starts_with("# Session 7: {{number}} & {{x\n"));
    }
}
