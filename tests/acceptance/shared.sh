#!/bin/sh
# Two users of one group share repositories: a clone and a server, each installed by one of them. Both
# commit and push, and both are refused what breaks a rule.
#
#     tests/acceptance/shared.sh [git-baton]
#
# Needs root, setpriv (util-linux) and git. It makes no accounts: two numbers serve as users, one as their group.
set -eu

baton=$(realpath "${1:-$(dirname "$0")/../../target/debug/git-baton}")
fail() {
    echo "shared: FAILED: $*" >&2
    exit 1
}
test "$(id -u)" = 0 || fail "this has to run as root, to act as two users"
command -v setpriv >/dev/null || fail "setpriv is missing: apt-get install util-linux"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cp "$baton" "$work/git-baton"
first=61001 second=61002 team=61003
for user in $first $second; do
    mkdir "$work/home-$user"
    git config --file "$work/home-$user/.gitconfig" user.name "user $user"
    git config --file "$work/home-$user/.gitconfig" user.email "$user@example.org"
    git config --file "$work/home-$user/.gitconfig" safe.directory '*'
    chown -R "$user:$user" "$work/home-$user"
done
install -d -o $first -g $team -m 2775 "$work/team"

# Runs a line of shell as a user of the team, whose own new files nobody else may see.
as() {
    user=$1
    shift
    setpriv --reuid "$user" --regid "$user" --groups "$team" \
        env -i PATH="$work:$PATH" HOME="$work/home-$user" GIT_CONFIG_NOSYSTEM=1 \
        sh -c "umask 077; cd '$work/team'; $*"
}

# Git itself does not share the file in which a message is edited.
edited='rm -f .git/COMMIT_EDITMSG'

for setting in group all 0660; do
    as $first "git init -q -b main --shared=$setting clone-$setting && cd clone-$setting && mkdir .agents &&
        echo '# Handoff' >.agents/HANDOFF.md && echo 'version = 1' >baton.toml && git add . && git commit -qm base &&
        git init -q -b main --bare --shared=$setting ../server-$setting.git && cd ../server-$setting.git &&
        git baton install --server >/dev/null && cd ../clone-$setting && git remote add origin ../server-$setting.git &&
        git push -q origin main && git baton install >/dev/null" || fail "$setting: the first user cannot begin"
    chgrp -R $team "$work/team/clone-$setting"
    chmod -R g+rwX "$work/team/clone-$setting/.agents" "$work/team/clone-$setting/baton.toml"
    chmod g+rwx "$work/team/clone-$setting"
    for user in $second $first $second; do
        as $user "cd clone-$setting && $edited && git commit -q --allow-empty -m 'by $user' && git push -q origin main" ||
            fail "$setting: user $user cannot commit and push in a shared clone"
        as $user "cd clone-$setting && $edited && rm .agents/HANDOFF.md && echo forged >.agents/HANDOFF.md && git commit -qnam forged" 2>"$work/said" &&
            fail "$setting: user $user lands what breaks a rule"
        grep -q 'baton: refused' "$work/said" || fail "$setting: it was not Baton that refused: $(cat "$work/said")"
        as $user "cd clone-$setting && git checkout -q HEAD -- .agents/HANDOFF.md"
    done
    as $second "git clone -q server-$setting.git other-$setting && cd other-$setting &&
        git commit -q --allow-empty -m 'from a clone' && git push -q origin main" || fail "$setting: a second clone cannot push"
    as $second "cd other-$setting && echo forged >>.agents/HANDOFF.md && git commit -qam forged && git push -q origin main" \
        2>"$work/said" && fail "$setting: the server takes what breaks a rule"
    grep -q 'baton: refused' "$work/said" || fail "$setting: it was not Baton that refused: $(cat "$work/said")"
    as $second "cd clone-$setting && git baton install >/dev/null && git baton doctor >/dev/null" ||
        fail "$setting: the second user cannot install again"
    as $first "cd clone-$setting && $edited && git commit -q --allow-empty -m after && git push -q -f origin main:side" ||
        fail "$setting: the first user is locked out after the second installed"
    find "$work/team/clone-$setting/.git/baton" "$work/team/server-$setting.git/baton" ! -perm -g+r >"$work/closed"
    test ! -s "$work/closed" || fail "$setting: closed to the group: $(cat "$work/closed")"
    echo "shared: core.sharedRepository=$setting: two users commit and push, and are refused what breaks a rule"
done
