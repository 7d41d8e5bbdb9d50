//! Which task comes before which, by index into the task file.

/// Tasks `0..n` and which of them wait for which. Without cycles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskGraph {
    waits: Vec<Vec<usize>>,
    order: Vec<usize>,
    /// `before[a][b]`: `b` comes before `a`, at once or by way of others.
    before: Vec<Vec<bool>>,
}

impl TaskGraph {
    /// The graph in which task `i` waits for the tasks `waits[i]`.
    ///
    /// # Errors
    /// A cycle, as the tasks on it, each followed by one that it waits for; the last waits for
    /// the first.
    pub fn new(waits: Vec<Vec<usize>>) -> Result<Self, Vec<usize>> {
        let order = order(&waits).ok_or_else(|| cycle(&waits))?;
        let mut before = vec![vec![false; waits.len()]; waits.len()];
        for &task in &order {
            let mut earlier = std::mem::take(&mut before[task]);
            for &wait in &waits[task] {
                put_before(&mut earlier, wait, &before[wait]);
            }
            before[task] = earlier;
        }
        Ok(Self {
            waits,
            order,
            before,
        })
    }

    /// Every task behind all that it waits for; of several that could come next, the first of
    /// the file.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// True if `earlier` comes before `later`, at once or by way of others.
    pub fn comes_before(&self, earlier: usize, later: usize) -> bool {
        self.before[later][earlier]
    }

    /// Puts every two tasks of which `meet` is true in one order or the other: the one they
    /// have, or else that of [`Self::order`]. The pairs that had none and that no other pair
    /// puts in order, earlier first.
    pub fn put_in_order(
        mut self,
        meet: impl Fn(usize, usize) -> bool,
    ) -> (Self, Vec<(usize, usize)>) {
        let mut added = Vec::new();
        for (at, &later) in self.order.iter().enumerate() {
            let mut before = vec![false; self.waits.len()];
            for &wait in &self.waits[later] {
                put_before(&mut before, wait, &self.before[wait]);
            }
            // The nearest first, since it may bring all others with it.
            for &earlier in self.order[..at].iter().rev() {
                if !before[earlier] && meet(earlier, later) {
                    put_before(&mut before, earlier, &self.before[earlier]);
                    added.push((earlier, later));
                    self.waits[later].push(earlier);
                }
            }
            self.before[later] = before;
        }
        (self, added)
    }

    /// The tasks, each list a chain for one agent: every task but the first waits for the one
    /// before it and for no other, and nothing else waits for that one. Waits that others imply
    /// do not count. In the order of their first tasks.
    pub fn chains(&self) -> Vec<Vec<usize>> {
        let direct: Vec<Vec<usize>> = (0..self.waits.len())
            .map(|task| self.direct(task))
            .collect();
        let mut followers = vec![0; direct.len()];
        for &wait in direct.iter().flatten() {
            followers[wait] += 1;
        }
        let mut chains: Vec<Vec<usize>> = Vec::new();
        for &task in &self.order {
            let leader = match direct[task][..] {
                [only] if followers[only] == 1 => {
                    chains.iter_mut().find(|chain| chain.last() == Some(&only))
                }
                _ => None,
            };
            match leader {
                Some(chain) => chain.push(task),
                None => chains.push(vec![task]),
            }
        }
        chains
    }

    /// The tasks that `task` waits for, without those that others of them wait for.
    fn direct(&self, task: usize) -> Vec<usize> {
        let mut direct = self.waits[task].clone();
        direct.sort_unstable();
        direct.dedup();
        let all = direct.clone();
        direct.retain(|&wait| !all.iter().any(|&other| self.comes_before(wait, other)));
        direct
    }
}

/// Adds a task, and what comes before it, to what comes before another.
fn put_before(before: &mut [bool], task: usize, all: &[bool]) {
    before[task] = true;
    for (known, also) in before.iter_mut().zip(all) {
        *known |= also;
    }
}

fn order(waits: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = Vec::with_capacity(waits.len());
    let mut placed = vec![false; waits.len()];
    while order.len() < waits.len() {
        let ready = |task: &usize| !placed[*task] && waits[*task].iter().all(|wait| placed[*wait]);
        let next = (0..waits.len()).find(ready)?;
        placed[next] = true;
        order.push(next);
    }
    Some(order)
}

/// The cycle that the first task which cannot be placed leads to.
fn cycle(waits: &[Vec<usize>]) -> Vec<usize> {
    let mut placed = vec![false; waits.len()];
    while let Some(next) = (0..waits.len())
        .find(|task| !placed[*task] && waits[*task].iter().all(|wait| placed[*wait]))
    {
        placed[next] = true;
    }
    let mut path: Vec<usize> = Vec::new();
    let mut task = placed.iter().position(|placed| !placed);
    while let Some(at) = task {
        if let Some(begin) = path.iter().position(|seen| *seen == at) {
            return path.split_off(begin);
        }
        path.push(at);
        task = waits[at].iter().copied().find(|wait| !placed[*wait]);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn graph(waits: &[&[usize]]) -> TaskGraph {
        TaskGraph::new(waits.iter().map(|list| list.to_vec()).collect()).unwrap()
    }

    #[test]
    fn a_cycle_is_named_without_what_leads_to_it() {
        let waits = [vec![1], vec![2], vec![3], vec![1], vec![]];
        assert_eq!(TaskGraph::new(waits.to_vec()).unwrap_err(), [1, 2, 3]);
        assert_eq!(TaskGraph::new(vec![vec![0]]).unwrap_err(), [0]);
    }

    #[test]
    fn the_order_is_the_files_where_nothing_else_decides() {
        assert_eq!(graph(&[&[2], &[], &[]]).order(), [1, 2, 0]);
    }

    #[test]
    fn chains_hold_what_depends_on_each_other_alone() {
        for (waits, chains) in [
            (&[&[][..], &[0], &[1]][..], &[&[0, 1, 2][..]][..]),
            (&[&[], &[0], &[1, 0]], &[&[0, 1, 2]]),
            (&[&[], &[0], &[0]], &[&[0], &[1], &[2]]),
            (&[&[], &[], &[0, 1], &[2]], &[&[0], &[1], &[2, 3]]),
            (&[&[], &[], &[0]], &[&[0, 2], &[1]]),
        ] {
            assert_eq!(graph(waits).chains(), chains, "{waits:?}");
        }
    }

    #[test]
    fn what_others_put_in_order_is_not_looked_at_again() {
        let looks = std::cell::Cell::new(0);
        let (graph, added) = graph(&[&[][..]; 100]).put_in_order(|_, _| {
            looks.set(looks.get() + 1);
            true
        });
        let pairs: Vec<_> = (1..100).map(|later| (later - 1, later)).collect();
        assert_eq!((looks.get(), added), (99, pairs));
        assert!(graph.comes_before(0, 99) && !graph.comes_before(99, 0));
    }

    #[test]
    fn overlapping_tasks_are_put_in_order_once() {
        let (graph, added) = graph(&[&[1], &[], &[]]).put_in_order(|_, _| true);
        assert_eq!(added, [(0, 2)]);
        assert_eq!(graph.order(), [1, 0, 2]);
        let (_, added) = graph.put_in_order(|_, _| true);
        assert_eq!(added, []);
    }

    proptest! {
        #[test]
        fn chains_hold_every_task_once_and_in_order(
            waits in (1usize..12).prop_flat_map(|n| {
                let all: Vec<_> = (0..n).map(|at| prop::collection::vec(0..at.max(1), 0..3)
                    .prop_map(move |list| if at == 0 { Vec::new() } else { list })).collect();
                all
            })
        ) {
            let graph = TaskGraph::new(waits.clone()).unwrap();
            let chains = graph.chains();
            let mut all: Vec<_> = chains.concat();
            for chain in &chains {
                for pair in chain.windows(2) {
                    prop_assert!(graph.comes_before(pair[0], pair[1]));
                }
            }
            all.sort_unstable();
            prop_assert_eq!(all, (0..waits.len()).collect::<Vec<_>>());
        }
    }
}
