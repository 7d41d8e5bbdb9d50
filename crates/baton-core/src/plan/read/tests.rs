use super::*;
use crate::plan::Kind;
use PlanProblem as P;

fn refused(text: &str) -> PlanError {
    match TaskList::parse("tasks.toml", text.as_bytes(), &Policy::default()) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error,
    }
}

fn read(text: &str) -> TaskList {
    TaskList::parse("tasks.toml", text.as_bytes(), &Policy::default()).unwrap()
}

fn file(tasks: &[(&str, &str, &str)]) -> String {
    let one = |(id, files, after): &(&str, &str, &str)| {
        format!("[[task]]\nid = '{id}'\nprompt = 'p'\nfiles = [{files}]\nafter = [{after}]\n")
    };
    tasks.iter().map(one).collect()
}

#[test]
fn a_task_has_the_policys_values_where_it_says_nothing() {
    let list = read("[[task]]\nid = 'a'\nprompt = 'p'\nfiles = []");
    let task = list.get("a").unwrap();
    assert_eq!((task.attempts, task.timeout_seconds), (4, None));
    assert_eq!((task.title.as_str(), task.kind), ("a", Kind::Other));
}

#[test]
fn a_task_says_what_is_its_own() {
    let list = read(
        "version = 1\n[[task]]\nid = 'a'\ntitle = ' Say it '\nprompt = 'p'\nfiles = ['a/']\n\
         verify = ['make']\nattempts = 2\ntimeout = '1h 30m'\nkind = 'frontend'\nagent = 'codex'",
    );
    let task = list.get("a").unwrap();
    assert_eq!((task.attempts, task.timeout_seconds), (2, Some(5400)));
    assert_eq!((task.title.as_str(), task.kind), ("Say it", Kind::Frontend));
    let owned = task.owned().unwrap();
    assert!(owned.covers("a/b".into()) && !owned.covers("b".into()));
    let seconds = read("[[task]]\nid = 'a'\nprompt = 'p'\nfiles = []\ntimeout = 90");
    assert_eq!(seconds.tasks[0].timeout_seconds, Some(90));
}

#[test]
fn an_error_points_at_what_is_wrong() {
    let task = "[[task]]\nid = 'a'\nprompt = 'p'\n";
    type Case<'a> = (String, &'a [&'a str], fn(&P) -> bool);
    let cases: Vec<Case> = vec![
        ("version = 2".into(), &["2"], |p| matches!(p, P::Version(2))),
        ("".into(), &[], |p| matches!(p, P::NoTask)),
        ("[[tasks]]".into(), &["tasks"], |p| matches!(p, P::Toml(_))),
        (task.into(), &["[[task]]"], |p| matches!(p, P::Toml(_))),
        (format!("{task}files = []\nkind = 'x'"), &["'x'"], |p| {
            matches!(p, P::Toml(_))
        }),
        (
            format!("{task}files = []\ntimeout = '10'"),
            &["'10'"],
            |p| matches!(p, P::Toml(_)),
        ),
        (format!("{task}files = []\ntimeout = 0"), &["0"], |p| {
            matches!(p, P::Toml(_))
        }),
        (format!("{task}files = []\nattempts = 0"), &["0"], |p| {
            matches!(p, P::NoAttempt(_))
        }),
        (format!("{task}files = []\ntitle = ''"), &["''"], |p| {
            matches!(p, P::Title(_))
        }),
        (format!("{task}files = []\nagent = 'x'"), &["'x'"], |p| {
            matches!(p, P::Agent { .. })
        }),
        (format!("{task}files = ['/a']"), &["'/a'"], |p| {
            matches!(p, P::Files { .. })
        }),
        (file(&[("a/b", "", "")]), &["'a/b'"], |p| {
            matches!(p, P::Id(_))
        }),
        (
            file(&[("a", "", ""), ("A", "", "")]),
            &["'a'", "'A'"],
            |p| matches!(p, P::SameId(id) if id == "A"),
        ),
        (
            file(&[("a", "", "'b'")]),
            &["'b'"],
            |p| matches!(p, P::UnknownTask { task, unknown } if task == "a" && unknown == "b"),
        ),
        (
            file(&[("a", "", "'a'")]),
            &["'a'"],
            |p| matches!(p, P::Cycle(path) if path.join(" ") == "a a"),
        ),
        (
            file(&[("a", "", "'c'"), ("b", "", "'a'"), ("c", "", "'b'")]),
            &["'c'", "'b'", "'a'"],
            |p| matches!(p, P::Cycle(path) if path.join(" ") == "a c b a"),
        ),
        (
            file(&[("a", "'**'", "")]),
            &["'**'"],
            |p| matches!(p, P::Protected { protected, .. } if protected == "baton.toml"),
        ),
        (
            file(&[("a", "'.agents/*.md'", "")]),
            &["'.agents/*.md'"],
            |p| matches!(p, P::Protected { protected, .. } if protected == ".agents/HANDOFF.md"),
        ),
    ];
    for (text, marked, expected) in cases {
        let error = refused(&text);
        assert!(expected(error.problem()), "{text}: {:?}", error.problem());
        let found: Vec<_> = error.spans().map(|span| &text[span]).collect();
        assert_eq!(found, marked, "{text}");
    }
    let latin = b"[[task]]\n# \xe9".as_slice();
    let error = TaskList::parse("t", latin, &Policy::default()).unwrap_err();
    assert_eq!(error.problem(), &P::NotUtf8);
    let huge = vec![b'#'; MAX_TASKS_BYTES + 1];
    let error = TaskList::parse("t", &huge, &Policy::default()).unwrap_err();
    assert!(matches!(error.problem(), P::TooLarge(_)));
}

#[test]
fn tasks_that_own_one_path_are_put_in_order() {
    let list = read(&file(&[
        ("a", "'src/**/*.css'", "'c'"),
        ("b", "'src/ui/x.css', 'docs/'", ""),
        ("c", "'lib/'", ""),
    ]));
    let waits = &list.get("a").unwrap().waits_for;
    assert_eq!(waits[0].because, Because::After);
    assert_eq!(waits[1].task.as_str(), "b");
    let because = Because::Overlap {
        theirs: "src/ui/x.css".to_owned(),
        own: "src/**/*.css".to_owned(),
    };
    assert_eq!(waits[1].because, because);
    assert_eq!(list.get("a").unwrap().builds_on().count(), 1);
    assert_eq!(list.get("b").unwrap().waits_for, []);
    assert_eq!(list.graph.order(), [1, 2, 0]);
}
