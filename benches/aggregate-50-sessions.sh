#!/bin/sh
# How long one aggregation of 50 sessions takes, in a repository with 50 linked worktrees and the
# hooks installed: seconds on standard output. The aim is under one second.
#
#     benches/aggregate-50-sessions.sh target/release/git-baton
set -eu

baton=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=bench@localhost
export GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=bench@localhost

git init -q -b main "$work/main"
cd "$work/main"
mkdir -p .agents/sessions
echo 'version = 1' >baton.toml
echo '.agents/temp/' >.gitignore
printf '# Handoff\n\n## Recent Work\n' >.agents/HANDOFF.md
git add -A
git commit -q -m 'Begin'
for number in $(seq 50); do
    echo "# Session $number: Part $number" >".agents/sessions/2025-12-18-session-$number.md"
    git add -A
    git commit -q -m "Log of session $number" -m "Baton-Session: $number"
    git worktree add -q -b "session-$number" "$work/$number"
    mkdir -p "$work/$number/.agents/temp"
    seq 40 | sed "s/^/- Result of session $number: /" \
        >"$work/$number/.agents/temp/handoff-session-$number-summary.md"
done
"$baton" install >/dev/null

begin=$(date +%s%N)
"$baton" orchestrator aggregate >/dev/null
end=$(date +%s%N)
test "$(grep -c '^#### Session ' .agents/HANDOFF.md)" = 50
awk "BEGIN { printf \"%.3f\\n\", ($end - $begin) / 1e9 }"
