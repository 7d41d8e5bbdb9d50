use super::*;

const CLAUDE: &str = ".claude/settings.json";

/// Settings as people write them.
const JSON: [&str; 24] = [
    "{\"model\": \"opus\"}",
    "{\"model\":\"opus\"}\n",
    "{\n  \"model\": \"opus\"\n}\n",
    "{\n  \"model\": \"opus\"\n}",
    "{\n\t\"model\": \"opus\",\n\t\"zebra\": [1, 2],\n\t\"apple\": {}\n}\n",
    "{\n    \"a\": 1,\n    \"b\": {\n        \"c\": []\n    }\n}\n",
    "{\r\n  \"model\": \"opus\"\r\n}\r\n",
    "{\n  // which model\n  \"model\": \"opus\" // the big one\n}\n",
    "{\n  \"model\": \"opus\", // the big one\n  /* nothing more */\n}\n",
    "{\n  \"model\": \"opus\",\n}\n",
    "// a head\n\n{\n  \"a\": 1\n\n  // a tail\n}\n// an end\n",
    "{\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"hooks\": [{\"type\": \"command\", \"command\": \"say done\"}]\n      }\n    ]\n  },\n  \"model\": \"opus\"\n}\n",
    "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"say done\"}]}]}, \"model\": \"opus\"}",
    "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\n        \"matcher\": \"Bash\",\n        \"hooks\": [\n          {\n            \"type\": \"command\",\n            \"command\": \"./check.sh\"\n          }\n        ]\n      }\n    ]\n  }\n}\n",
    "{\"hooks\": {\"PreToolUse\": [{\"matcher\": \"Bash\", \"hooks\": [{\"type\": \"command\", \"command\": \"./check.sh\"}]}]}}\n",
    "{\n  \"hooks\": {\n    \"PreToolUse\": [ { \"matcher\": \"Bash\", \"hooks\": [ { \"type\": \"command\", \"command\": \"x\" } ] } ], // one\n  },\n}\n",
    "{\n  \"version\": 1,\n  \"hooks\": {\n    \"preToolUse\": [{\"command\": \"x\"}],\n    \"stop\": [{\"command\": \"y\"}]\n  }\n}\n",
    "{\n  \"version\": 1,\n  \"hooks\": {\n    \"preToolUse\": [\n      {\"command\": \"x\"}, // first\n      {\"command\": \"y\"}, // second\n    ],\n  }\n}\n",
    "{\"version\": 1, \"a\": \"{\\\"hooks\\\": 1}\"}",
    "{ \"version\": 1, \"a\": 1 }\n",
    "{\n\n  \"version\": 1,\n\n  \"a\": 1\n\n}\n",
    "{\"a\":1, // c\n\"b\":2}",
    "{\"a\": 1 // c\n}",
    "{\n  \"version\": 1, \"a\": \"ünï\\u00e9\"\n}\n\n\n",
];

#[track_caller]
fn comes_and_goes(path: &str, agent: Agent, before: &str) {
    let added = add_hooks(path, Some(before), agent, MissingProgram::Allow).unwrap();
    assert!(added.contains("git baton agent-hook"), "{added}");
    let again = add_hooks(path, Some(&added), agent, MissingProgram::Allow).unwrap();
    assert_eq!(again, added);
    for line in before.lines() {
        let words: Vec<_> = line.split([',', ' ', '\t', ']', '[', '}', '{']).collect();
        for word in words.into_iter().filter(|word| !word.is_empty()) {
            assert!(added.contains(word), "{word} of {before} is not in {added}");
        }
    }
    let removed = remove(path, &added).unwrap();
    assert_eq!(removed.as_deref(), Some(before), "by way of {added}");
    assert_eq!(remove(path, before), Ok(None));
}

#[test]
fn entries_in_json_come_and_go_byte_for_byte() {
    for before in JSON {
        let with_version = before.contains("\"version\"");
        for agent in Agent::ALL {
            let own_version = matches!(agent, Agent::Copilot | Agent::Cursor);
            if agent != Agent::Opencode && (with_version || !own_version) {
                let path = settings_path(agent, None);
                comes_and_goes(path, agent, before);
            }
        }
    }
}

#[test]
fn no_comment_swallows_what_follows_an_entry() {
    for (agent, before) in [
        (Agent::Claude, "{\"a\":1, // c\n\"hooks\":{}}"),
        (Agent::Claude, "{\"a\":1, // c\n\"hooks\":{}, \"b\": 2}"),
        (Agent::Claude, "{// c\n\"hooks\":{\"PreToolUse\":[]}}"),
        (Agent::Gemini, "{// c\n\"hooks\":{\"BeforeTool\":[]} }"),
    ] {
        let path = settings_path(agent, None);
        let added = add_hooks(path, Some(before), agent, MissingProgram::Allow).unwrap();
        let removed = remove(path, &added).unwrap().unwrap();
        assert!(!names_call(&removed), "{before}: {removed}");
        assert!(removed.contains("// c\n"), "{before}: {removed}");
        let again = add_hooks(path, Some(&removed), agent, MissingProgram::Allow).unwrap();
        assert!(names_call(&again), "{before}: {again}");
    }
}

#[test]
fn a_line_of_somebody_else_stays() {
    let theirs = "/opt/bin/git baton agent-hook --unknown deny";
    let entry = |line| {
        format!(
            "{{\"matcher\": \"Bash\", \"hooks\": [{{\"type\": \"command\", \"command\": \"{line}\"}}]}}"
        )
    };
    let both = format!(
        "{}, {}",
        entry(theirs),
        entry("git baton agent-hook || exit 0")
    );
    for (entries, denies) in [(entry(theirs), 0), (both, 1)] {
        let before =
            format!("{{\"hooks\": {{\"PreToolUse\": [{entries}], \"SessionStart\": []}}}}\n");
        let added = add_hooks(CLAUDE, Some(&before), Agent::Claude, MissingProgram::Deny).unwrap();
        let (judged, _) = added.split_once("SessionStart").unwrap();
        assert!(judged.contains(theirs), "{added}");
        assert_eq!(judged.matches("exit 2").count(), denies, "{added}");
        assert!(!judged.contains("exit 0"), "{added}");
    }
    let before = format!(
        "[[hooks.PreToolUse]]\n[[hooks.PreToolUse.hooks]]\ntype = \"command\"\ncommand = \"{theirs}\"\n"
    );
    let added = add_hooks(
        CODEX_CONFIG,
        Some(&before),
        Agent::Codex,
        MissingProgram::Deny,
    )
    .unwrap();
    assert!(added.starts_with(&before), "{added}");
    assert!(!added.contains("exit 2"), "{added}");
}

#[test]
fn a_file_that_holds_nothing_else_goes() {
    for agent in Agent::ALL {
        for missing in [MissingProgram::Allow, MissingProgram::Deny] {
            let path = settings_path(agent, None);
            let made = add_hooks(path, None, agent, missing).unwrap();
            assert!(made.ends_with("}\n") || made.ends_with(")\n"), "{made}");
            assert_eq!(add_hooks(path, Some(&made), agent, missing).unwrap(), made);
            assert_eq!(remove(path, &made), Ok(Some(String::new())), "{made}");
        }
    }
}

#[test]
fn the_line_follows_what_becomes_of_a_missing_program() {
    for agent in Agent::ALL {
        let path = settings_path(agent, None);
        let allow = add_hooks(path, None, agent, MissingProgram::Allow).unwrap();
        let deny = add_hooks(path, None, agent, MissingProgram::Deny).unwrap();
        assert_ne!(allow, deny);
        let changed = add_hooks(path, Some(&allow), agent, MissingProgram::Deny).unwrap();
        assert_eq!(changed, deny);
    }
}

#[test]
fn only_batons_own_handler_leaves_a_shared_entry() {
    let before = "{\"hooks\": {\"PreToolUse\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"mine\"}, \
                  {\"type\": \"command\", \"command\": \"git baton agent-hook --unknown deny\"}]}]}}";
    let removed = remove(CLAUDE, before).unwrap().unwrap();
    let kept = "{\"hooks\": {\"PreToolUse\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"mine\"}]}]}}";
    assert_eq!(removed, kept);
}

#[test]
fn what_cannot_be_read_is_told() {
    for (text, told) in [
        ("[1]", "no JSON object"),
        ("{\"hooks\": 1}", "`hooks`"),
        ("{\"hooks\": {\"PreToolUse\": {}}}", "`hooks.PreToolUse`"),
        ("{\"a\": ", "line 1"),
        ("{\"hooks\":{},\"hooks\":{\"Stop\":[]}}", "`hooks` twice"),
        (
            "{\"hooks\":{\"Stop\":[],\"\\u0053top\":[]}}",
            "`Stop` twice",
        ),
        ("{\"a\": [{\"b\": 1, \"b\": 2}]}", "`b` twice"),
    ] {
        let error =
            add_hooks(CLAUDE, Some(text), Agent::Claude, MissingProgram::Allow).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }
    let plugin = settings_path(Agent::Opencode, None);
    let theirs = Some("export const Baton = 1");
    assert!(add_hooks(plugin, theirs, Agent::Opencode, MissingProgram::Allow).is_err());
    assert_eq!(remove(plugin, "export const Baton = 1"), Ok(None));
}

#[test]
fn entries_in_toml_come_and_go_byte_for_byte() {
    for before in [
        "model = \"gpt\" # the big one\n\n[hooks]\n",
        "[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = \"command\"\ncommand = \"say done\"\n\n[features]\nx = true # y\n",
        "# a head\n[[hooks.PreToolUse]]\nmatcher = \"^Bash$\"\n\n[[hooks.PreToolUse.hooks]]\ntype = \"command\"\ncommand = './x'\n",
        "[[hooks.PreToolUse]]\nhooks = [{ type = \"command\", command = \"x\" }]\n\n[z]\na = 1\n# the end\n",
    ] {
        assert_eq!(settings_path(Agent::Codex, Some(before)), CODEX_CONFIG);
        comes_and_goes(CODEX_CONFIG, Agent::Codex, before);
    }
    let without = Some("model = \"gpt\"\n");
    assert_ne!(settings_path(Agent::Codex, without), CODEX_CONFIG);
}

#[test]
fn a_section_comes_and_goes_byte_for_byte() {
    for before in [
        "# Ours\n",
        "# Ours\n\n",
        "# Ours",
        "",
        "a\r\nb\r\n",
        "a\r\nb",
    ] {
        let added = add_section(Some(before), "## Sessions\n\n- one\n");
        assert_eq!(add_section(Some(&added), "## Sessions\n\n- one\n"), added);
        let removed = remove(AGENTS_PAGE, &added);
        assert_eq!(removed, Ok(Some(before.to_owned())), "{added:?}");
        assert_eq!(added.contains("\r\n"), before.contains("\r\n"));
        let renewed = add_section(Some(&added), "- two\n");
        assert!(renewed.contains("- two") && !renewed.contains("- one"));
        assert_eq!(remove(AGENTS_PAGE, &renewed), Ok(Some(before.to_owned())));
    }
    assert_eq!(remove(AGENTS_PAGE, "# Ours\n"), Ok(None));
}

#[test]
fn a_page_may_bring_in_the_page_for_all() {
    assert!(imports_agents_page("# Ours\n\nSee @AGENTS.md for more\n"));
    assert!(!imports_agents_page("See AGENTS.md\n"));
}
