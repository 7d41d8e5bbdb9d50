use super::*;
use crate::plan::Kind;
use crate::policy::{Conductor, Policy};
use proptest::prelude::*;

fn screen(ascii: bool) -> Screen {
    Screen { ascii, columns: 80 }
}

fn list(text: &str) -> TaskList {
    TaskList::parse("tasks.toml", text.as_bytes(), &Policy::default()).unwrap()
}

/// Tasks named after their files, each after the one whose index follows.
fn files(tasks: &[(&str, &str)]) -> TaskList {
    let one = |(at, (file, after)): (usize, &(&str, &str))| {
        format!("[[task]]\nid = 't{at}'\nprompt = 'p'\nfiles = ['{file}']\nafter = [{after}]\n")
    };
    list(&tasks.iter().enumerate().map(one).collect::<String>())
}

fn seed() -> (TaskList, Plan) {
    let list = files(&[
        ("src/globals.css", ""),
        ("tailwind.config", "'t0'"),
        ("src/sidebar.tsx", ""),
        ("src/header.tsx", ""),
        ("src/stat-bar.tsx", ""),
        ("src/onboarding.tsx", ""),
    ]);
    let conductor = Conductor {
        max_agents: 3,
        ..Conductor::default()
    };
    let plan = Plan::new(&list, &conductor);
    (list, plan)
}

#[test]
fn a_parallel_plan_is_drawn() {
    let (list, plan) = seed();
    let drawn = "\
┌─────────────────────────────────────────────────────────────┐
│ ⚡ Execution Mode: PARALLEL                                 │
│    Tasks: 5 independent files detected, 6 in all            │
│    Agents: 3 (limited by max_agents config)                 │
│                                                             │
│    Parallel Group 1:                                        │
│      ├── Agent 1: [worktree-1] globals.css, tailwind.config │
│      ├── Agent 2: [worktree-2] sidebar.tsx                  │
│      └── Agent 3: [worktree-3] header.tsx                   │
│                                                             │
│    Parallel Group 2 (after Group 1):                        │
│      ├── Agent 4: [worktree-4] stat-bar.tsx                 │
│      └── Agent 5: [worktree-5] onboarding.tsx               │
│                                                             │
│    Progress: [░░░░░░░░░░░░░░░░] 0/5 agents complete         │
└─────────────────────────────────────────────────────────────┘
";
    assert_eq!(panel(&list, &plan, screen(false)), drawn);
    let ascii = panel(&list, &plan, screen(true));
    assert!(ascii.is_ascii(), "{ascii}");
    assert!(ascii.contains("|      `-- Agent 5: [worktree-5] onboarding.tsx               |\n"));
    assert!(ascii.contains("[................] 0/5"), "{ascii}");
}

#[test]
fn a_sequential_plan_names_its_reason_and_its_order() {
    let list = files(&[("src/types.ts", ""), ("src/component.tsx", "'t0'")]);
    let plan = Plan::new(&list, &Conductor::default());
    let drawn = "\
┌─────────────────────────────────────────────────────────────┐
│ ⏸️ Execution Mode: SEQUENTIAL                               │
│    Reason: Only 2 files with dependencies                   │
│    Order: types.ts → component.tsx                          │
│                                                             │
│    Skipping parallel orchestration (threshold not met)      │
└─────────────────────────────────────────────────────────────┘
";
    assert_eq!(panel(&list, &plan, screen(false)), drawn);
    assert!(panel(&list, &plan, screen(true)).contains("Order: types.ts -> component.tsx"));
}

#[test]
fn a_long_order_is_wrapped_between_tasks() {
    let names: Vec<_> = (0..9).map(|at| format!("a-long-name-{at}")).collect();
    let after: Vec<_> = (0..9).map(|at| format!("'t{}'", at - 1)).collect();
    let mut tasks: Vec<_> = std::iter::zip(&names, &after)
        .map(|(name, after)| (name.as_str(), after.as_str()))
        .collect();
    tasks[0].1 = "";
    let list = files(&tasks);
    let drawn = panel(
        &list,
        &Plan::new(&list, &Conductor::default()),
        screen(false),
    );
    for name in &names {
        assert!(drawn.contains(name), "{drawn}");
    }
    assert!(drawn.contains("│           → a-long-name-3 →"), "{drawn}");
}

#[test]
fn files_are_said_only_where_files_are_counted() {
    let list = files(&[("a", ""), ("a", "'t0'"), ("b", ""), ("c", ""), ("d", "")]);
    let plan = Plan::new(&list, &Conductor::default());
    let drawn = panel(&list, &plan, screen(false));
    let said = "Tasks: 4 independent tasks detected, 5 in all ";
    assert!(drawn.contains(said), "{drawn}");
}

#[test]
fn a_plan_in_which_some_wait_says_how_many_do_not() {
    let list = files(&[("a", ""), ("b", "'t0'"), ("c", "'t0'"), ("d", "'t0'")]);
    let drawn = panel(
        &list,
        &Plan::new(&list, &Conductor::default()),
        screen(false),
    );
    assert!(
        drawn.contains("Tasks: 4 files detected, 3 independent "),
        "{drawn}"
    );
    assert!(drawn.contains("Agents: 3  "), "{drawn}");
    assert!(drawn.contains("] 0/4 agents complete"), "{drawn}");
}

#[test]
fn progress_is_drawn_with_a_line_for_each_agent() {
    let lines = [
        (Mark::Done, "Agent 1: globals.css, tailwind.config"),
        (Mark::Done, "Agent 2: sidebar.tsx"),
        (Mark::Done, "Agent 3: header.tsx"),
        (Mark::Running, "Agent 4: stat-bar.tsx"),
        (Mark::Running, "Agent 5: onboarding.tsx"),
    ];
    let line = |(mark, text): (Mark, &str)| AgentLine {
        mark,
        text: text.to_owned(),
        more: String::new(),
    };
    let mut lines = lines.map(line).to_vec();
    let drawn = "\
┌─────────────────────────────────────────────────────────────┐
│ ⚡ Execution Mode: PARALLEL                                 │
│    Progress: [████████░░░░░░░░] 3/5 agents complete         │
│                                                             │
│    ✅ Agent 1: globals.css, tailwind.config (done)          │
│    ✅ Agent 2: sidebar.tsx (done)                           │
│    ✅ Agent 3: header.tsx (done)                            │
│    ⏳ Agent 4: stat-bar.tsx (in progress)                   │
│    ⏳ Agent 5: onboarding.tsx (in progress)                 │
└─────────────────────────────────────────────────────────────┘
";
    assert_eq!(
        progress(&Mode::Parallel, &lines, (3, 5), screen(false)),
        drawn
    );
    lines[0].mark = Mark::Failed;
    lines[0].text = "Agent 1: ".to_owned() + &"日本語".repeat(30);
    lines[1].mark = Mark::Skipped;
    lines[2].mark = Mark::Waiting;
    lines[3].more = "attempt 2, 1 min 5 s".to_owned();
    for ascii in [false, true] {
        let drawn = progress(&Mode::Parallel, &lines, (0, 5), screen(ascii));
        assert_aligned(&drawn);
        for words in [
            " (failed)",
            " (skipped)",
            " (waiting)",
            " (in progress, attempt 2, 1 min 5 s)",
        ] {
            assert!(drawn.contains(words), "{drawn}");
        }
        assert!(!ascii || drawn.is_ascii(), "{drawn}");
    }
}

#[test]
fn a_bar_is_full_at_the_end_and_empty_without_agents() {
    assert_eq!(bar(0, 0, true), "[................] 0/0 agents complete");
    assert_eq!(bar(1, 1, true), "[################] 1/1 agent complete");
    assert_eq!(bar(usize::MAX / 8, 1, true).matches('#').count(), 16);
}

#[test]
fn a_title_stands_for_a_task_that_has_one() {
    let list = list(
        "[[task]]\nid = 'a'\ntitle = 'Parse \u{202e}dates'\nprompt = 'p'\nfiles = ['a/', 'b/c']\n\
         [[task]]\nid = 'b'\nprompt = 'p'\nfiles = ['x/y', 'z/*.md']\n\
         [[task]]\nid = 'c'\nprompt = 'p'\nfiles = []\nkind = 'docs'",
    );
    let lane = Lane {
        tasks: vec![0, 1, 2],
    };
    assert_eq!(label(&list, &lane), r"Parse \u{202e}dates, y, z/*.md, c");
    assert_eq!(list.tasks[2].kind, Kind::Docs);
}

#[track_caller]
fn assert_aligned(drawn: &str) {
    for line in drawn.lines() {
        assert_eq!(width(line), WIDEST, "{drawn}");
    }
}

proptest! {
    #[test]
    fn every_line_of_a_panel_is_equally_wide(
        titles in prop::collection::vec("[^\\p{Cc}]{1,80}", 1..8), enabled in any::<bool>(),
        ascii in any::<bool>(), links in any::<bool>()
    ) {
        let one = |(at, title): (usize, &String)| {
            let after = if links && at > 0 { format!("['t{}']", at / 2) } else { "[]".to_owned() };
            let after = if at / 2 == at { "[]".to_owned() } else { after };
            let title = toml::Value::from(format!("x{title}")).to_string();
            format!("[[task]]\nid='t{at}'\nprompt='p'\nfiles=[]\ntitle={title}\nafter={after}\n")
        };
        let list = list(&titles.iter().enumerate().map(one).collect::<String>());
        let conductor = Conductor { enabled, ..Conductor::default() };
        let drawn = panel(&list, &Plan::new(&list, &conductor), screen(ascii));
        assert_aligned(&drawn);
        prop_assert!(!ascii || drawn.is_ascii());
    }
}

#[test]
fn a_box_is_no_wider_than_the_screen() {
    let (list, plan) = seed();
    let lines = vec![AgentLine {
        mark: Mark::Running,
        text: "Agent 1: sidebar.tsx, header.tsx".to_owned(),
        more: "attempt 2, 40 s".to_owned(),
    }];
    for (columns, wide) in [(40, 40), (10, NARROWEST), (200, WIDEST)] {
        for ascii in [false, true] {
            let screen = Screen { ascii, columns };
            let drawn = panel(&list, &plan, screen) + &progress(&plan.mode, &lines, (0, 1), screen);
            for line in drawn.lines() {
                assert_eq!(width(line), wide, "{drawn}");
            }
        }
    }
}
