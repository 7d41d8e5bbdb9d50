use super::*;
use crate::policy::Policy;
use proptest::prelude::*;

/// Tasks `0..`, each with its files and the tasks that it comes after.
fn list(tasks: &[(&[&str], &[usize])]) -> TaskList {
    let one = |(at, (files, after)): (usize, &(&[&str], &[usize]))| {
        let after: Vec<_> = after.iter().map(|wait| format!("t{wait}")).collect();
        format!("[[task]]\nid = 't{at}'\nprompt = 'p'\nfiles = {files:?}\nafter = {after:?}\n")
    };
    let text: String = tasks.iter().enumerate().map(one).collect();
    TaskList::parse("tasks.toml", text.as_bytes(), &Policy::default()).unwrap()
}

fn conductor(min_tasks: usize, max_agents: usize) -> Conductor {
    Conductor {
        min_tasks,
        max_agents,
        ..Conductor::default()
    }
}

fn groups(plan: &Plan) -> Vec<Vec<Vec<usize>>> {
    let lanes = |group: &Group| group.lanes.iter().map(|lane| lane.tasks.clone()).collect();
    plan.groups.iter().map(lanes).collect()
}

#[test]
fn dependent_tasks_share_a_lane_and_what_all_need_comes_first() {
    let list = list(&[
        (&["types"], &[]),
        (&["a"], &[0]),
        (&["b"], &[0]),
        (&["c"], &[0]),
        (&["c.test"], &[3]),
    ]);
    let plan = Plan::new(&list, &conductor(3, 5));
    assert_eq!(plan.mode, Mode::Parallel);
    assert_eq!(
        groups(&plan),
        [vec![vec![0]], vec![vec![3, 4], vec![1], vec![2]]]
    );
    assert_eq!((plan.agents(), plan.max_agents), (3, 5));
}

#[test]
fn a_lane_takes_the_place_that_is_left() {
    let list = list(&[
        (&["a"], &[]),
        (&["b"], &[]),
        (&["c"], &[]),
        (&["d"], &[0, 1]),
        (&["e"], &[2, 1]),
    ]);
    let plan = Plan::new(&list, &conductor(3, 2));
    assert_eq!(
        groups(&plan),
        [
            vec![vec![0], vec![1]],
            vec![vec![2], vec![3]],
            vec![vec![4]]
        ]
    );
}

#[test]
fn overlapping_tasks_are_one_agents() {
    let list = list(&[
        (&["src/"], &[]),
        (&["docs/a"], &[]),
        (&["src/x"], &[]),
        (&["lib"], &[]),
    ]);
    let plan = Plan::new(&list, &Conductor::default());
    assert_eq!(groups(&plan), [vec![vec![0, 2], vec![1], vec![3]]]);
}

#[test]
fn the_reason_for_a_sequence_is_named() {
    type Tasks<'a> = &'a [(&'a [&'a str], &'a [usize])];
    let off = Conductor {
        enabled: false,
        ..Conductor::default()
    };
    let chain: Tasks = &[(&["a"], &[]), (&["b"], &[0]), (&["c/"], &[1])];
    let three: Tasks = &[(&["a"], &[]), (&["b"], &[]), (&["c"], &[])];
    let cases: [(Tasks, Conductor, &str); 8] = [
        (three, off, "Parallelization is disabled in the policy"),
        (
            &[(&["a"], &[]), (&["a"], &[]), (&["a"], &[])],
            conductor(3, 5),
            "All changes are in a single file",
        ),
        (
            &[(&["types.ts"], &[]), (&["component.tsx"], &[0])],
            conductor(3, 5),
            "Only 2 files with dependencies",
        ),
        (&[(&["a"], &[])], conductor(1, 5), "Only 1 file"),
        (
            &[(&["a/"], &[]), (&["b"], &[])],
            conductor(3, 5),
            "Only 2 tasks",
        ),
        (chain, conductor(3, 5), "All tasks have linear dependencies"),
        (
            &[(&["a"], &[]), (&["b"], &[]), (&["c"], &[1])],
            conductor(3, 5),
            "Only 2 of 3 files independent",
        ),
        (three, conductor(3, 1), "Only 1 agent may work at once"),
    ];
    for (tasks, conductor, expected) in cases {
        let list = list(tasks);
        let plan = Plan::new(&list, &conductor);
        let reason = expected.to_owned();
        assert_eq!(plan.mode, Mode::Sequential { reason });
        assert!(plan.groups.iter().all(|group| group.lanes.len() == 1));
        let order: Vec<_> = plan.lanes().flat_map(|lane| &lane.tasks).collect();
        assert_eq!(order.len(), tasks.len());
    }
}

fn tasks() -> impl Strategy<Value = Vec<(Vec<&'static str>, Vec<usize>)>> {
    let files = prop::collection::vec(
        prop::sample::select(vec![
            "a", "b", "c", "d", "e", "f", "g/", "g/h", "i/*", "i/j", "k", "l", "m", "n",
        ]),
        0..2,
    );
    (1usize..14).prop_flat_map(move |number| {
        let files = files.clone();
        let one = move |at: usize| {
            let after = prop::collection::vec(0..at.max(1), 0..3);
            (
                files.clone(),
                after.prop_map(move |all| match at {
                    0 => Vec::new(),
                    _ => all,
                }),
            )
        };
        (0..number).map(one).collect::<Vec<_>>()
    })
}

proptest! {
    #[test]
    fn a_plan_keeps_the_order_and_the_caps(
        tasks in tasks(), min_tasks in 1usize..5, max_agents in 1usize..5
    ) {
        let tasks: Vec<_> = tasks.iter().map(|(f, a)| (&f[..], &a[..])).collect();
        let list = list(&tasks);
        let plan = Plan::new(&list, &conductor(min_tasks, max_agents));
        prop_assert_eq!(&plan, &Plan::new(&list, &conductor(min_tasks, max_agents)));
        prop_assert!(plan.agents() <= plan.max_agents && plan.max_agents <= max_agents);

        let mut place = vec![None; list.tasks.len()];
        for (g, group) in plan.groups.iter().enumerate() {
            prop_assert!(!group.lanes.is_empty());
            for (l, lane) in group.lanes.iter().enumerate() {
                for (t, &task) in lane.tasks.iter().enumerate() {
                    prop_assert_eq!(place[task].replace((g, l, t)), None, "twice");
                }
            }
        }
        for later in 0..list.tasks.len() {
            let (group, lane, at) = place[later].unwrap();
            for earlier in (0..list.tasks.len()).filter(|earlier| *earlier != later) {
                let (its_group, its_lane, its_at) = place[earlier].unwrap();
                let same_lane = (its_group, its_lane) == (group, lane);
                if list.graph.comes_before(earlier, later) {
                    prop_assert!(its_group < group || same_lane && its_at < at);
                }
                if its_group == group && !same_lane {
                    let files = |task: usize| {
                        let texts = list.tasks[task].files.iter();
                        texts.map(|text| PathGlob::parse(text).unwrap()).collect::<Vec<_>>()
                    };
                    let other = files(earlier);
                    prop_assert!(!files(later).iter().any(|a| other.iter().any(|b| a.overlaps(b))));
                }
            }
        }
    }

    #[test]
    fn no_lane_waits_without_a_reason(tasks in tasks(), max_agents in 2usize..5) {
        let tasks: Vec<_> = tasks.iter().map(|(f, a)| (&f[..], &a[..])).collect();
        let list = list(&tasks);
        let plan = Plan::new(&list, &conductor(1, max_agents));
        let waits = |lane: &Lane, group: &Group| {
            let mut before = group.lanes.iter().flat_map(|lane| &lane.tasks);
            before.any(|&earlier| list.graph.comes_before(earlier, lane.tasks[0]))
        };
        if plan.mode == Mode::Parallel {
            for pair in plan.groups.windows(2) {
                let is_full = pair[0].lanes.len() == max_agents;
                prop_assert!(is_full || pair[1].lanes.iter().all(|lane| waits(lane, &pair[0])));
            }
        }
    }
}
