#!/bin/sh
# Baton among the real tools that put hooks in a repository: each with Baton, in either order, twice, and taken out in either
# order. Each time the tool's own check refuses what it refused before, the guard refuses a change of a protected path, with
# `--no-verify` too, and what is neither goes through. Then the ways in which a tool is told to run Baton itself.
#
#     tests/acceptance/neighbours.sh [git-baton]
#
# Prints the results as a table, and writes it into docs/neighbours.md where WRITE=1 asks for it. The tools come from their
# registries (pip, npm) and from Debian (git-lfs, by apt-get as root) into a scratch directory, or from TOOLS, a directory
# in which an earlier call of this script has put them. Needs git, python3, node and npm.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
baton=$(realpath "${1:-$root/target/debug/git-baton}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
case='' tools=${TOOLS:-$work/tools}

fail() {
    echo "neighbours: FAILED: $case: $*" >&2
    [ ! -s "$work/said" ] || sed 's/^/  | /' "$work/said" >&2
    exit 1
}

# --- The tools ----------------------------------------------------------------------------------------------------------

mkdir -p "$tools" "$work/bin" "$work/home"
if [ ! -x "$tools/venv/bin/prek" ]; then
    python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install -q --disable-pip-version-check pre-commit prek
fi
npm_tools="$tools/npm/node_modules"
if [ ! -x "$npm_tools/.bin/commitlint" ]; then
    mkdir -p "$tools/npm"
    (cd "$tools/npm" && npm init -y >/dev/null &&
        npm install --silent --no-audit lefthook husky simple-git-hooks @commitlint/cli @commitlint/config-conventional)
fi
if [ ! -x "$tools/lfs/usr/bin/git-lfs" ]; then
    mkdir -p "$tools/lfs"
    (cd "$tools" && { apt-get download -q git-lfs || { apt-get update -q && apt-get download -q git-lfs; }; } >"$work/said" 2>&1 &&
        dpkg -x git-lfs_*.deb lfs) || fail "git-lfs cannot be had from Debian: it needs apt-get as root"
fi
ln -s "$baton" "$work/bin/git-baton"
export HOME="$work/home" PATH="$work/bin:$tools/venv/bin:$npm_tools/.bin:$tools/lfs/usr/bin:$PATH" \
    GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 LC_ALL=C NO_COLOR=1 PRE_COMMIT_HOME="$work/pre-commit" PREK_HOME="$work/prek"
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE CI 2>/dev/null || true
git config --global user.name tester
git config --global user.email tester@example.org
git config --global init.defaultBranch main
git config --global advice.detachedHead false

# What a team checks: no file may say FORBIDDEN.
cat >"$work/bin/team-check" <<'END'
#!/bin/sh
! git diff --cached | grep -q '^+.*FORBIDDEN' || { echo "the team's check says no" >&2; exit 1; }
END
chmod 755 "$work/bin/team-check"

version() {
    case $1 in
    pre-commit | prek) "$1" --version | sed 's/[^0-9]*\([0-9.]*\).*/\1/' ;;
    git-lfs) git lfs version | sed 's/git-lfs.\([0-9.]*\).*/\1/' ;;
    commitlint) sed -n 's/^[[:space:]]*"version": "\(.*\)",*/\1/p' "$npm_tools/@commitlint/cli/package.json" ;;
    *) sed -n 's/^[[:space:]]*"version": "\(.*\)",*/\1/p' "$npm_tools/${1%%,*}/package.json" ;;
    esac
}

# What the tool is told, in files that are committed.
config() {
    case $1 in
    pre-commit | prek)
        cat >.pre-commit-config.yaml <<'END'
repos:
  - repo: local
    hooks:
      - {id: team, name: team, language: system, entry: team-check, pass_filenames: false, always_run: true}
END
        ;;
    lefthook) printf 'pre-commit:\n  jobs:\n    - run: team-check\n' >lefthook.yml ;;
    husky) mkdir -p .husky && echo team-check >.husky/pre-commit ;;
    simple-git-hooks) echo '{"pre-commit": "team-check"}' >.simple-git-hooks.json ;;
    'simple-git-hooks, preserveUnused') echo '{"pre-commit": "team-check", "preserveUnused": true}' >.simple-git-hooks.json ;;
    git-lfs) echo '*.bin filter=lfs diff=lfs merge=lfs -text' >.gitattributes ;;
    commitlint) echo '{"extends": ["'"$npm_tools"'/@commitlint/config-conventional/lib/index.js"]}' >.commitlintrc.json ;;
    esac
}

# Installs the tool as its users do, where hooks of others may be in its way; `again` as they do it once more.
comes() {
    case $1 in
    pre-commit) pre-commit install ;;
    prek) prek install ;;
    lefthook) lefthook install ;;
    husky) husky ;;
    simple-git-hooks*) simple-git-hooks ;;
    git-lfs) git lfs install --local --force ;;
    commitlint)
        printf '#!/bin/sh\nexec commitlint --edit "$1"\n' >.git/hooks/commit-msg
        chmod 755 .git/hooks/commit-msg
        ;;
    esac >"$work/said" 2>&1
}
goes() {
    case $1 in
    pre-commit) pre-commit uninstall ;;
    prek) prek uninstall ;;
    lefthook) lefthook uninstall ;;
    husky) git config --unset core.hooksPath || true ;;
    simple-git-hooks*) node "$npm_tools/simple-git-hooks/uninstall.js" ;;
    git-lfs) git lfs uninstall --local ;;
    commitlint) ! grep -qs commitlint .git/hooks/commit-msg || rm .git/hooks/commit-msg ;;
    esac >"$work/said" 2>&1
}

# --- What is checked ----------------------------------------------------------------------------------------------------

# A repository that the tool and Baton have their files in, and no hooks.
begin() {
    rm -rf "$work/repo" "$work/server"
    git init -q --bare "$work/server"
    git init -q "$work/repo"
    cd "$work/repo"
    rm -f .git/hooks/*.sample
    mkdir .agents
    echo '# Handoff' >.agents/HANDOFF.md
    echo 'version = 1' >baton.toml
    echo '{"name": "team", "private": true}' >package.json
    printf 'node_modules\n.husky/_\n' >.gitignore
    echo text >file
    config "$1"
    [ "$2" = plain ] || "$2"
    git add -A
    git commit -qm 'chore: begin'
    git remote add origin "$work/server"
    number=0
    state >"$work/before"
}

# Every file of the directory of hooks, and where git looks for hooks.
state() {
    find .git/hooks .git/hooks.before-baton .git/baton -type f -exec cksum {} + 2>/dev/null | sort
    git config --get-all core.hooksPath || true
}

baton() { git baton "$@" >"$work/said" 2>&1; }

# Commits a change of a file: path, text, and options.
commits() {
    path=$1 text=$2
    shift 2
    echo "$text" >>"$path"
    git add -A
    git commit -q -m 'fix: change' "$@" >"$work/said" 2>&1
}

undo() { git reset -q --hard "$1"; }

# The tool's own check refuses, and git-lfs's hook sends what it has to send.
tool_checks() {
    tip=$(git rev-parse HEAD)
    case $1 in
    git-lfs)
        number=$((number + 1))
        rm -rf "$work/server/lfs"
        commits "$number.bin" "binary $number" || fail "$2: git-lfs: a large file cannot be committed"
        git push -q origin "HEAD:refs/heads/lfs-$number" >"$work/said" 2>&1 || fail "$2: a push with git-lfs fails"
        [ -n "$(find "$work/server/lfs" -type f 2>/dev/null)" ] || fail "$2: the hook of git-lfs sends nothing"
        ;;
    commitlint)
        git commit -q --allow-empty -m 'Not conventional at all' >"$work/said" 2>&1 && fail "$2: commitlint's check does not run"
        grep -q 'subject may not be empty' "$work/said" || fail "$2: it was not commitlint that refused"
        ;;
    *)
        ! commits file FORBIDDEN || fail "$2: the check of $1 does not run"
        grep -q "the team's check says no" "$work/said" || fail "$2: it was not the check of $1 that refused"
        ;;
    esac
    undo "$tip"
}

# Prints what the guard does: `on`, `past` where only `--no-verify` is refused or the other way round, or `off`.
guard() {
    tip=$(git rev-parse HEAD) refused=0
    for option in '' --no-verify; do
        # shellcheck disable=SC2086
        if ! commits .agents/HANDOFF.md mine $option; then
            grep -q 'baton: refused' "$work/said" && refused=$((refused + 1))
        fi
        undo "$tip"
    done
    case $refused in 2) echo on ;; 0) echo off ;; *) echo past ;; esac
}

all_is_well() {
    tool_checks "$1" "$2"
    [ "$(guard)" = on ] || fail "$2: the guard does not refuse"
    commits file "honest $2" || fail "$2: an honest commit is refused"
    baton doctor || fail "$2: doctor finds the guard wanting"
}

# --- The matrix ---------------------------------------------------------------------------------------------------------

printf '| tool | version | comes before Baton | comes after Baton | `git baton install` again | both again | tool goes first | Baton goes first |\n' >"$work/table"
printf '|---|---|---|---|---|---|---|---|\n' >>"$work/table"

# What the tool leaves of the guard until `git baton install` runs again has to be told; the session that asks is taken out
# of the repository again.
is_told() {
    ! baton doctor || fail "$1: doctor does not see that the guard is $2"
    grep -q 'run `git baton install`' "$work/said" || fail "$1: doctor does not name the remedy"
    tip=$(git rev-parse HEAD)
    git baton session start --title told >"$work/said" 2>&1 || fail "$1: no session begins"
    grep -q 'baton: warning: the guard is off' "$work/said" || fail "$1: a worktree command does not notice it"
    undo "$tip"
    git clean -fdq
    git for-each-ref --format='delete %(refname)' refs/baton | git update-ref --stdin
    rm -f .git/baton/session* .git/baton/allocate.lock
}

for tool in git-lfs pre-commit prek lefthook husky simple-git-hooks 'simple-git-hooks, preserveUnused' commitlint; do
    row="| $tool | $(version "$tool") |"
    for order in before after; do
        for first in tool baton; do
            case="$tool, $order Baton, $first goes first"
            begin "$tool" plain
            if [ $order = before ]; then
                comes "$tool" || fail "the tool cannot be installed"
                tool_checks "$tool" 'alone'
                state >"$work/with-tool"
                baton install || fail "Baton cannot be installed"
                after=
            else
                baton install || fail "Baton cannot be installed"
                comes "$tool" || fail "the tool cannot be installed"
                tool_checks "$tool" 'right after it came'
                case $(guard) in
                on) if baton doctor; then after=ok; else
                    is_told 'right after it came' incomplete
                    after='on by the other hooks, told'
                fi ;;
                off)
                    is_told 'right after it came' off
                    after='**off**, told'
                    ;;
                *) fail "the guard is half off" ;;
                esac
                baton install || fail "Baton cannot be installed again"
            fi
            all_is_well "$tool" 'both'
            baton install || fail "Baton cannot be installed twice"
            comes "$tool" || fail "the tool cannot be installed twice"
            baton install || fail "Baton cannot be installed after that"
            all_is_well "$tool" 'both again'
            if [ $first = tool ]; then
                goes "$tool" || fail "the tool cannot be taken out"
                baton uninstall || fail "Baton cannot be taken out"
                # Its hook was kept by Baton, and is there again.
                goes "$tool" || fail "the tool cannot be taken out again"
            else
                baton uninstall || fail "Baton cannot be taken out"
                tool_checks "$tool" 'after Baton has gone'
                [ "$(guard)" = off ] || fail "something of Baton is left"
                goes "$tool" || fail "the tool cannot be taken out"
            fi
            rm -rf .git/lfs
            state | diff "$work/before" - >"$work/said" || fail "something is left after both have gone"
            [ -z "$after" ] || came_after=$after
            echo "neighbours: $case: ok" >&2
        done
    done
    echo "$row ok | $came_after | ok | ok | ok | ok |" >>"$work/table"
done

# --- A tool that is told to run Baton -----------------------------------------------------------------------------------

printf '\n| told to run Baton | the guard refuses by it | doctor | honest commits |\n|---|---|---|---|\n' >>"$work/table"

by_pre_commit() {
    cp "$root/.pre-commit-hooks.yaml" "$work/hooks-repo/"
    git -C "$work/hooks-repo" add -A
    git -C "$work/hooks-repo" commit -qm hooks
    printf 'default_install_hook_types: [pre-commit, commit-msg]\nrepos:\n  - repo: %s\n    rev: %s\n    hooks:\n      - id: baton-pre-commit\n      - id: baton-commit-msg\n' \
        "file://$work/hooks-repo" "$(git -C "$work/hooks-repo" rev-parse HEAD)" >.pre-commit-config.yaml
}
by_lefthook() {
    printf 'pre-commit:\n  jobs:\n    - run: git baton hook pre-commit\ncommit-msg:\n  jobs:\n    - run: git baton hook commit-msg {1}\n' >lefthook.yml
}
by_husky() {
    mkdir -p .husky
    echo 'git baton hook pre-commit' >.husky/pre-commit
    echo 'git baton hook commit-msg "$1"' >.husky/commit-msg
}
by_simple_git_hooks() {
    echo '{"pre-commit": "git baton hook pre-commit", "commit-msg": "git baton hook commit-msg $1", "preserveUnused": true}' >.simple-git-hooks.json
}

for tool in pre-commit prek lefthook husky 'simple-git-hooks, preserveUnused'; do
    case="$tool runs Baton"
    case $tool in
    pre-commit | prek) told=by_pre_commit ;;
    husky) told=by_husky ;;
    lefthook) told=by_lefthook ;;
    *) told=by_simple_git_hooks ;;
    esac
    rm -rf "$work/hooks-repo"
    git init -q "$work/hooks-repo"
    begin "$tool" $told
    comes "$tool" || fail "the tool cannot be installed"
    tip=$(git rev-parse HEAD)
    commits .agents/HANDOFF.md mine && fail "nothing is refused"
    grep -q 'baton: refused (pre-commit)' "$work/said" || fail "it was not Baton that refused"
    undo "$tip"
    commits file honest || fail "an honest commit is refused"
    baton install || fail "Baton cannot be installed"
    [ "$(guard)" = on ] || fail "the guard does not refuse"
    commits file honest || fail "an honest commit is refused"
    comes "$tool" || fail "the tool cannot be installed again"
    if [ "$tool" = husky ]; then
        # It takes git past the hooks that it does not have, the one that sees every commit among them.
        is_told 'husky' off
        doctor='names `git baton install`'
    else
        baton doctor || fail "doctor calls the guard off"
        doctor=healthy
    fi
    echo "| $tool | ok | $doctor | ok |" >>"$work/table"
    echo "neighbours: $case: ok" >&2
done

git version | sed 's/^/\nWith /; s/$/, on '"$(uname -s)"'./' >>"$work/table"
cat "$work/table"
if [ "${WRITE-}" = 1 ]; then
    page=$root/docs/neighbours.md
    sed -n '1,/<!-- matrix -->/p' "$page" >"$work/page"
    cat "$work/table" >>"$work/page"
    sed -n '/<!-- end of matrix -->/,$p' "$page" >>"$work/page"
    cp "$work/page" "$page"
fi
