//! The walk against the sets that it has to be.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A commit's parents, all of lower number, and its date.
type Node = (Vec<usize>, i64);

fn id(number: usize) -> Oid {
    let mut raw = [0; 20];
    raw[..8].copy_from_slice(&(number as u64 + 1).to_be_bytes());
    Oid::from_bytes(&raw).unwrap()
}

fn number(oid: Oid) -> usize {
    let (head, _) = oid.as_bytes().split_first_chunk().unwrap();
    u64::from_be_bytes(*head) as usize - 1
}

fn read(graph: &[Node], oid: Oid) -> Commit {
    let (parents, date) = &graph[number(oid)];
    Commit {
        tree: oid,
        parents: parents.iter().map(|parent| id(*parent)).collect(),
        committed_at: *date,
        message: Default::default(),
        signed: false,
    }
}

fn graph() -> impl Strategy<Value = Vec<Node>> {
    let node = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        -4..8_i64,
    );
    prop::collection::vec(node, 1..24).prop_map(|nodes| {
        let nodes = nodes
            .into_iter()
            .enumerate()
            .map(|(number, (parents, skew))| {
                let parents = parents.iter().filter(|_| number > 0);
                let parents = parents.map(|parent| parent.index(number)).collect();
                // Half of the dates lie a little, some of them a lot.
                let date = if skew < 0 {
                    skew * 100
                } else {
                    number as i64 + skew
                };
                (parents, date)
            });
        nodes.collect()
    })
}

fn ancestors(graph: &[Node], tips: &[usize]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut pending = tips.to_vec();
    while let Some(number) = pending.pop() {
        if found.insert(number) {
            pending.extend(&graph[number].0);
        }
    }
    found
}

/// What a walk finds that may use the generations of those commits that `known` names and what
/// they reach.
fn walked(graph: &[Node], tips: &[usize], hidden: &[usize], known: &[usize]) -> Vec<Oid> {
    let read = |oid| Ok(read(graph, oid));
    let known = ancestors(graph, known);
    let generation = |oid: Oid| {
        let number = number(oid);
        known.contains(&number).then(|| generation(graph, number))
    };
    let ids = |numbers: &[usize]| numbers.iter().map(|number| id(*number)).collect::<Vec<_>>();
    let mut walk = Walk::new(read, &generation, Vec::new());
    walk.run(&ids(tips), &ids(hidden)).unwrap();
    let walked = walk.visible().unwrap();
    walked.into_iter().map(|one| one.oid).collect()
}

fn generation(graph: &[Node], number: usize) -> u32 {
    let parents = graph[number].0.iter();
    1 + parents
        .map(|parent| generation(graph, *parent))
        .max()
        .unwrap_or(0)
}

proptest! {
    #[test]
    fn what_comes_out_is_what_is_not_hidden_whatever_the_dates_claim(
        graph in graph(),
        tips in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        hidden in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        known in prop::collection::vec(any::<prop::sample::Index>(), 0..2),
    ) {
        let numbers = |indexes: &[prop::sample::Index]| {
            indexes.iter().map(|index| index.index(graph.len())).collect::<Vec<_>>()
        };
        let (tips, hidden, known) = (numbers(&tips), numbers(&hidden), numbers(&known));
        let out = walked(&graph, &tips, &hidden, &known);
        let distinct: BTreeSet<_> = out.iter().copied().collect();
        prop_assert_eq!(distinct.len(), out.len(), "each comes out once");
        let wanted = ancestors(&graph, &tips);
        let wanted: BTreeSet<_> = wanted.difference(&ancestors(&graph, &hidden)).map(|number| id(*number)).collect();
        prop_assert_eq!(&distinct, &wanted);
        for (position, oid) in out.iter().enumerate() {
            let parents: Vec<_> = graph[number(*oid)].0.iter().map(|parent| id(*parent)).collect();
            prop_assert!(out[..position].iter().all(|one| !parents.contains(one)), "children go first");
        }
    }
}

/// A history of `length` commits in a line, each dated by its number.
fn line(length: usize) -> Vec<Node> {
    let node = |number: usize| {
        let parents = number.checked_sub(1).into_iter().collect();
        (parents, number as i64)
    };
    (0..length).map(node).collect()
}

/// How many commits a walk reads.
fn read_by(graph: &[Node], tips: &[usize], hidden: &[usize], known: &[usize]) -> usize {
    let reads = std::cell::Cell::new(0);
    let read = |oid| {
        reads.set(reads.get() + 1);
        Ok(read(graph, oid))
    };
    let known = ancestors(graph, known);
    let generation = |oid| {
        let number = number(oid);
        known.contains(&number).then_some(number as u32 + 1)
    };
    let ids = |numbers: &[usize]| numbers.iter().map(|number| id(*number)).collect::<Vec<_>>();
    let mut walk = Walk::new(read, &generation, Vec::new());
    walk.run(&ids(tips), &ids(hidden)).unwrap();
    reads.get()
}

#[test]
fn an_ordinary_range_is_read_and_little_more() {
    let mut graph = line(1000);
    // A branch of two commits that left at 990, and one that merged it.
    graph.push((vec![990], 1000));
    graph.push((vec![1000], 1001));
    graph.push((vec![999, 1001], 1002));
    assert!(read_by(&graph, &[999], &[998], &[]) <= 3);
    assert!(read_by(&graph, &[1001], &[999], &[]) <= 16);
    assert!(read_by(&graph, &[1002], &[999], &[]) <= 16);
    assert_eq!(read_by(&graph, &[999], &[999], &[]), 1);
}

#[test]
fn an_odd_date_costs_the_rest_of_the_hidden_history_once() {
    let mut graph = line(1000);
    graph.push((vec![999], -5));
    graph.push((vec![999], 1000));
    assert!(read_by(&graph, &[1001], &[1000], &[]) <= graph.len());
    // Whoever starts from behind it does not pay.
    graph.push((vec![1000], 1001));
    graph.push((vec![1000], 1002));
    assert!(read_by(&graph, &[1003], &[1002], &[]) <= 8);
}

#[test]
fn branches_that_were_left_long_ago_cost_nothing_where_git_has_counted_generations() {
    let mut graph = line(1000);
    graph.push((vec![3], 4));
    graph.push((vec![999], 1000));
    let without = read_by(&graph, &[1001], &[999, 1000], &[]);
    let with = read_by(&graph, &[1001], &[999, 1000], &[999, 1000]);
    assert!(with <= 8 && with < without, "{with} of {without}");
}

#[test]
fn many_branches_that_came_in_by_merges_are_told_from_what_was_there() {
    let mut graph = line(300);
    let mut tip = 299;
    for fork in 100..250 {
        graph.push((vec![fork], 300 + fork as i64));
        graph.push((vec![tip, graph.len() - 1], 1000 + fork as i64));
        tip = graph.len() - 1;
    }
    let expected: BTreeSet<_> = (300..graph.len()).map(id).collect();
    let found: BTreeSet<_> = walked(&graph, &[tip], &[299], &[]).into_iter().collect();
    assert_eq!(found, expected);
    assert!(
        read_by(&graph, &[tip], &[299], &[]) <= graph.len() - 50,
        "it ends below the oldest fork"
    );
}
