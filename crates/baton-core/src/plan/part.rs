use super::{Task, TaskGraph, TaskList};

impl TaskList {
    /// Those of the tasks for which this holds, in the order that they are bound to here; the others count as done.
    pub fn part(&self, keeps: impl Fn(&Task) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.tasks.len())
            .filter(|at| keeps(&self.tasks[*at]))
            .collect();
        let waits = kept.iter().map(|&later| {
            let earlier = kept.iter().enumerate();
            let earlier = earlier.filter(|(_, one)| self.graph.comes_before(**one, later));
            earlier.map(|(at, _)| at).collect()
        });
        let graph = TaskGraph::new(waits.collect());
        let tasks = kept.iter().map(|&at| {
            let mut task = self.tasks[at].clone();
            task.waits_for
                .retain(|wait| self.get(wait.task.as_str()).is_some_and(&keeps));
            task
        });
        Self {
            tasks: tasks.collect(),
            graph: graph.expect("a part of an order has no circle"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::TaskList;
    use crate::policy::Policy;

    #[test]
    fn what_is_left_keeps_its_order() {
        let task = |id: &str, after: &str| {
            format!(
                "[[task]]\nid = \"{id}\"\nprompt = \"p\"\nfiles = [\"{id}\"]\nafter = [{after}]\n"
            )
        };
        let text = [
            "version = 1\n".to_owned(),
            task("a", ""),
            task("b", "\"a\""),
            task("c", "\"b\""),
        ];
        let list = TaskList::parse("t", text.concat().as_bytes(), &Policy::default()).unwrap();
        let left = list.part(|task| task.id.as_str() != "b");
        let ids: Vec<_> = left.tasks.iter().map(|task| task.id.as_str()).collect();
        assert_eq!(ids, ["a", "c"]);
        assert!(left.graph.comes_before(0, 1));
        assert_eq!(left.tasks[1].builds_on().count(), 0);
    }
}
