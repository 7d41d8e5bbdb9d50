//! In which order branches are merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A branch as far as its place in the order goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name, by which ties are broken.
    pub name: String,
    /// The number of conflicts it has with the target and with the other branches.
    pub conflicts: usize,
}

/// Branches that wait for each other: each for the next, and the last for the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<String>);

/// The nodes' positions in the order in which they are merged: what others need comes before
/// them, and of what could come next, what has the fewest conflicts.
///
/// Each pair in `before` says that the first node comes before the second.
///
/// # Errors
/// When no order can be right; the cycle is one of perhaps several.
pub fn order(nodes: &[Node], before: &[(usize, usize)]) -> Result<Vec<usize>, Cycle> {
    let mut waits_for = vec![0_usize; nodes.len()];
    for (_, later) in before {
        waits_for[*later] += 1;
    }
    let key = |at: usize| Reverse((nodes[at].conflicts, &nodes[at].name, at));
    let ready = (0..nodes.len()).filter(|at| waits_for[*at] == 0);
    let mut ready: BinaryHeap<_> = ready.map(key).collect();
    let mut ordered = Vec::with_capacity(nodes.len());
    while let Some(Reverse((_, _, next))) = ready.pop() {
        ordered.push(next);
        for (_, later) in before.iter().filter(|(earlier, _)| *earlier == next) {
            waits_for[*later] -= 1;
            if waits_for[*later] == 0 {
                ready.push(key(*later));
            }
        }
    }
    match waits_for.iter().position(|count| *count > 0) {
        None => Ok(ordered),
        Some(stuck) => Err(cycle(nodes, before, &waits_for, stuck)),
    }
}

/// The cycle to which one leads who goes from a node that waits to one it waits for.
fn cycle(nodes: &[Node], before: &[(usize, usize)], waits_for: &[usize], from: usize) -> Cycle {
    let mut path = vec![from];
    loop {
        let last = path[path.len() - 1];
        let needed = before
            .iter()
            .find(|(earlier, later)| *later == last && waits_for[*earlier] > 0);
        let Some((needed, _)) = needed else {
            return Cycle(path.iter().map(|at| nodes[*at].name.clone()).collect());
        };
        if let Some(start) = path.iter().position(|at| at == needed) {
            let names = path[start..].iter().map(|at| nodes[*at].name.clone());
            return Cycle(names.collect());
        }
        path.push(*needed);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nodes(conflicts: &[usize]) -> Vec<Node> {
        let node = |(at, conflicts): (usize, &usize)| Node {
            name: format!("b{at}"),
            conflicts: *conflicts,
        };
        conflicts.iter().enumerate().map(node).collect()
    }

    #[test]
    fn what_has_fewest_conflicts_comes_first_and_names_break_ties() {
        assert_eq!(order(&nodes(&[2, 0, 1, 0]), &[]), Ok(vec![1, 3, 2, 0]));
    }

    #[test]
    fn what_is_needed_comes_first_whatever_it_conflicts_with() {
        let found = order(&nodes(&[9, 0, 0]), &[(0, 1)]);
        assert_eq!(found, Ok(vec![2, 0, 1]));
    }

    #[test]
    fn a_cycle_is_named_without_those_that_only_wait_for_it() {
        let Err(Cycle(names)) = order(&nodes(&[0; 4]), &[(0, 1), (1, 2), (2, 1), (2, 3)]) else {
            panic!("there is an order");
        };
        assert_eq!(names, ["b1", "b2"]);
        assert_eq!(
            order(&nodes(&[0]), &[(0, 0)]),
            Err(Cycle(vec!["b0".to_owned()]))
        );
    }

    proptest! {
        #[test]
        fn every_node_comes_once_and_after_what_it_needs(
            conflicts in prop::collection::vec(0..3_usize, 1..12),
            pairs in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20),
        ) {
            let nodes = nodes(&conflicts);
            let before: Vec<_> = pairs
                .iter()
                .map(|(one, other)| (one.index(nodes.len()), other.index(nodes.len())))
                .filter(|(one, other)| one < other)
                .collect();
            let found = order(&nodes, &before).unwrap();
            let place = |node: &usize| found.iter().position(|at| at == node).unwrap();
            prop_assert_eq!(found.len(), nodes.len());
            for (earlier, later) in &before {
                prop_assert!(place(earlier) < place(later));
            }
        }
    }
}
