//! Rules of a `.gitignore` so plain that git need not be asked what they mean.

use bstr::ByteSlice;

/// True if these rules, those at the root of a worktree, surely have git ignore this name at the
/// root (a directory's ends with `/`): one of them is just the name, and none that takes back what
/// others say could be about it (`gitignore(5)`). Rules further down are about other names.
pub(super) fn surely_name(rules: &[u8], top: &[u8]) -> bool {
    let name = top.strip_suffix(b"/").unwrap_or(top);
    if name.contains(&b'/') {
        return false;
    }
    let lines = || rules.split(|byte| *byte == b'\n');
    let is_it = |rule: &[u8]| {
        let rule = rule.strip_prefix(b"/").unwrap_or(rule);
        rule == name || rule == top
    };
    let may_take_back = |line: &[u8]| {
        let Some(rule) = line.strip_prefix(b"!") else {
            return false;
        };
        let rule = rule.trim_end();
        let rule = rule.strip_suffix(b"/").unwrap_or(rule);
        rule.find_byteset(b"*?[\\").is_some() || is_it(rule)
    };
    let is_literal = name.find_byteset(b"*?[\\!# \t\r").is_none();
    is_literal && lines().any(is_it) && !lines().any(may_take_back)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_just_the_name_is_enough() {
        for rules in [
            "target",
            "/target",
            "target/",
            "# x\n\n/target/\n",
            "!other\n!/a/b\ntarget\n",
        ] {
            assert!(surely_name(rules.as_bytes(), b"target/"), "{rules}");
        }
        assert!(surely_name(b".env\n", b".env"));
    }

    #[test]
    fn anything_else_is_for_git_to_say() {
        for rules in [
            "",
            "#target",
            "tar*",
            "target\\",
            "target ",
            "target\r\n",
            "\u{feff}target",
            "x/target",
            "target\n!target",
            "target\n!/target/ ",
            "target\n!*",
            "target\n!t[a]rget",
            "target/x",
        ] {
            assert!(!surely_name(rules.as_bytes(), b"target/"), "{rules}");
        }
        assert!(
            !surely_name(b"target/\n", b"target"),
            "a file is no directory"
        );
        assert!(
            !surely_name(b"target\n", b"src/target/"),
            "other rules may be nearer"
        );
        assert!(!surely_name(b"#x\n", b"#x") && !surely_name(b"!x\n", b"!x"));
    }
}
