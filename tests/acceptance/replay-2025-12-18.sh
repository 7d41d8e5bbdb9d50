#!/bin/sh
# Replays a day on which two parallel sessions ended in one bundled commit: sessions 19, 20 and 21
# of 2025-12-18, from their real logs into the real HANDOFF.md of that day, by one aggregate
# commit.
#
#     tests/acceptance/replay-2025-12-18.sh ai-agents-2025-12.fe.xz [git-baton]
set -eu

data=$(realpath "$1")
baton=$(realpath "${2:-$(dirname "$0")/../../target/debug/git-baton}")
bundled='feat(protocol): add Phase 1.5 skill validation BLOCKING gate'
last='feat(tools): add Check-SkillExists.ps1 for skill validation'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=replay GIT_AUTHOR_EMAIL=replay@localhost
export GIT_COMMITTER_NAME=replay GIT_COMMITTER_EMAIL=replay@localhost

fail() {
    echo "replay: $*" >&2
    exit 1
}

git init -q -b main "$work/main"
cd "$work/main"
xz -dc "$data" | git fast-import --quiet
find_commit() {
    git log --all --format=%H --fixed-strings --grep="$1" --before=2025-12-18T18:30Z | tail -n 1
}
bundle=$(find_commit "$bundled")
logs=$(find_commit "$last")
test -n "$bundle" && test -n "$logs" || fail "the day's commits are not in the data"

# The branch as it was before the bundled commit, with a policy.
git reset -q --hard "$bundle^"
printf '.agents/temp/\n' >>.gitignore
printf 'version = 1\n' >baton.toml
git add -A
git commit -q -m 'Ask for the policy'
base=$(git rev-parse HEAD)
cp .agents/HANDOFF.md "$work/before.md"
"$baton" install >/dev/null || fail "the hooks cannot be installed"

# Three agents at once, each in a worktree, each with its own log and summary.
agent() {
    number=$1
    place="$work/agent-$number"
    git worktree add -q -b "session-$number" "$place" "$base"
    log=$(git ls-tree --name-only "$logs" .agents/sessions/ | grep "/2025-12-18-session-$number-")
    git show "$logs:$log" >"$work/log-$number"
    mkdir -p "$place/.agents/temp" "$place/.agents/sessions"
    cp "$work/log-$number" "$place/$log"
    git -C "$place" add "$log"
    git -C "$place" commit -q -m "Log of session $number" -m "Baton-Session: $number"
    # What the log says was done, under "What was done".
    awk '/^\*\*What was done/ {on = 1; next} on && /^(\*\*|#|---)/ {exit} on' "$work/log-$number" \
        >"$place/.agents/temp/handoff-session-$number-summary.md"
    test -s "$place/.agents/temp/handoff-session-$number-summary.md" ||
        echo "Session $number: see $log" >"$place/.agents/temp/handoff-session-$number-summary.md"
}
for number in 21 19 20; do
    agent "$number" &
done
wait
for number in 20 19 21; do
    git merge -q --no-ff -m "Merge session $number" "session-$number" || fail "session $number conflicts"
done

"$baton" orchestrator aggregate --sessions 19,20,21 --orchestrator 22 --date 2025-12-18
"$baton" orchestrator aggregate --sessions 19,20,21 | grep -q 'nothing to aggregate' ||
    fail "the second run does something"

test "$(git diff --name-only HEAD^ HEAD)" = .agents/HANDOFF.md || fail "other files came along"
test -z "$(git status --porcelain)" || fail "the worktree is not clean"
for number in 19 20 21; do
    test "$(grep -c "^#### Session $number: " .agents/HANDOFF.md)" = 1 || fail "session $number"
done
diff "$work/before.md" .agents/HANDOFF.md | grep -q '^<' && fail "old text changed"

git clone -q --no-local --single-branch "$work/main" "$work/clone"
cd "$work/clone"
"$baton" verify "$base..HEAD"
git log -1 --format=%B
git show --format= -- .agents/HANDOFF.md | sed -n '1,25p'
