#!/bin/sh
# Judges a history whose violations are known, and compares.
#
#   tests/acceptance/ground-truth.sh HISTORY.fe.xz LABELS.tsv
#
# HISTORY is a compressed stream for `git fast-import`; LABELS has a line for each commit that
# breaks a rule: commit, rules, sessions (`<date>/<number>`, or `-`), tabs between, commas within. The
# program is the one that BATON_BIN names, or the debug build. Needs xz and jq.
set -eu

history=$1
labels=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
baton=${BATON_BIN:-$root/target/debug/git-baton}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git init --quiet --bare "$work/r.git"
xz -dc "$history" | git -C "$work/r.git" fast-import --quiet
echo 'version = 1' >"$work/policy.toml"

code=0
(cd "$work/r.git" && "$baton" verify --all --policy "$work/policy.toml" --format json) \
    >"$work/report.json" || code=$?
[ "$code" -eq 1 ] || { echo "verify ended with $code where 1 was due" >&2; exit 2; }

# One line a commit: its rules, and the sessions that any of its violations names, each sorted.
jq -r '
    .violations | group_by(.commit)[]
    | [.[0].commit,
       ([.[].rule] | unique | join(",")),
       ([.[].sessions[]] | unique | join(",") | if . == "" then "-" else . end)]
    | @tsv' "$work/report.json" | sort >"$work/found"
awk -F '\t' -v OFS='\t' '
    function sorted(list, parts, n, i, j, t) {
        n = split(list, parts, ",")
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && parts[j - 1] > parts[j]; j--) {
                t = parts[j]; parts[j] = parts[j - 1]; parts[j - 1] = t
            }
        list = parts[1]
        for (i = 2; i <= n; i++) list = list "," parts[i]
        return list
    }
    { print $1, sorted($2), sorted($3) }' "$labels" | sort >"$work/expected"

diff "$work/expected" "$work/found" || { echo "the report differs from the labels" >&2; exit 1; }
echo "exactly the $(wc -l <"$work/expected" | tr -d ' ') labelled commits"
