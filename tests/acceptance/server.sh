#!/bin/sh
# The server's hook behind real servers: smart HTTP by nginx and by apache2, and ssh. Two clones push at once: what
# breaks a rule is refused whole, what does not lands, and branch protection like Gitea's goes on beside Baton.
#
#     tests/acceptance/server.sh
#
# The program is the one that BATON_BIN names, or the debug build. It listens on 127.0.0.1 alone, keeps all that it makes in one
# temporary directory, and ends what it started. Needs root, to serve as www-data, and on Debian these packages:
#
#     apt-get install --no-install-recommends git nginx-light fcgiwrap apache2 openssh-server openssh-client util-linux
set -eu

PATH=$PATH:/usr/sbin:/sbin
root=$(cd "$(dirname "$0")/../.." && pwd)
baton=$(realpath -m "${BATON_BIN:-$root/target/debug/git-baton}")
packages=$(sed -n 's/^# *apt-get install --no-install-recommends //p' "$0")
servers='' racing='' work=''

fail() {
    echo "server: FAILED: $*" >&2
    [ ! -s "$work/said" ] || sed 's/^/  | /' "$work/said" >&2
    exit 1
}

end() {
    for race in $racing; do kill "$race" 2>/dev/null || true; done
    # Each is the leader of a group, in which its own children are.
    for server in $servers; do kill -- "-$server" 2>/dev/null || true; done
    for server in $servers; do
        wait "$server" 2>/dev/null || true
        tries=0
        while [ "$tries" -lt 50 ] && kill -0 -- "-$server" 2>/dev/null; do
            tries=$((tries + 1))
            sleep 0.1
        done
        kill -KILL -- "-$server" 2>/dev/null || true
    done
    rm -rf "$work"
}

test "$(id -u)" = 0 || fail "this has to run as root, to serve as www-data"
test -x "$baton" || fail "$baton is missing: cargo build"
for program in git nginx fcgiwrap apache2 sshd ssh ssh-keygen setpriv setsid; do
    command -v "$program" >/dev/null || fail "$program is missing: apt-get install --no-install-recommends $packages"
done
core=$(git --exec-path)
for program in git-http-backend git-remote-http; do
    test -x "$core/$program" || fail "this git has no $program: $core"
done
id www-data >/dev/null 2>&1 || fail "there is no user www-data, whom Debian has"

work=$(mktemp -d)
trap end EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$work"
cp "$baton" "$work/git-baton"
mkdir "$work/www" "$work/home" "$work/served" "$work/log" "$work/ssh" "$work/nginx" "$work/apache" "$work/clones"
chown www-data:www-data "$work/www" "$work/served" "$work/nginx" "$work/log"
export HOME="$work/home" GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 LC_ALL=C NO_COLOR=1
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy 2>/dev/null || true
git config --global user.name tester
git config --global user.email tester@example.org
git config --global init.defaultBranch main
git config --global gc.auto 0

# Runs a program as the user to whom the repositories belong.
cat >"$work/as-server" <<END
#!/bin/sh
exec setpriv --reuid www-data --regid www-data --clear-groups env -i PATH='$work:$PATH:$core' HOME='$work/served' \\
    GIT_CONFIG_NOSYSTEM=1 LC_ALL=C GIT_PROTOCOL="\${GIT_PROTOCOL-}" "\$@"
END
# What ssh runs for a key: the command that the client asks for, as that user.
printf '#!/bin/sh\nexec "%s/as-server" sh -c "$SSH_ORIGINAL_COMMAND"\n' "$work" >"$work/by-key"
chmod 755 "$work/as-server" "$work/by-key"
served() { "$work/as-server" git -C "$bare" "$@"; }

# --- The servers -----------------------------------------------------------------------------------------------------

port=$((10000 + $$ % 7000 * 3))
nginx_port=$port apache_port=$((port + 1)) ssh_port=$((port + 2))

cat >"$work/nginx/conf" <<END
user www-data;
daemon off;
worker_processes 2;
pid $work/nginx/pid;
error_log $work/log/nginx;
events { worker_connections 256; }
http {
  access_log off;
  client_max_body_size 0;
  client_body_temp_path $work/nginx/body;
  fastcgi_temp_path $work/nginx/fastcgi;
  proxy_temp_path $work/nginx/proxy;
  uwsgi_temp_path $work/nginx/uwsgi;
  scgi_temp_path $work/nginx/scgi;
  server {
    listen 127.0.0.1:$nginx_port;
    location ~ ^/git(/.*) {
      fastcgi_param QUERY_STRING \$query_string;
      fastcgi_param REQUEST_METHOD \$request_method;
      fastcgi_param CONTENT_TYPE \$content_type;
      fastcgi_param CONTENT_LENGTH \$content_length;
      fastcgi_param SERVER_PROTOCOL \$server_protocol;
      fastcgi_param REMOTE_ADDR \$remote_addr;
      fastcgi_param SCRIPT_FILENAME $core/git-http-backend;
      fastcgi_param GIT_HTTP_EXPORT_ALL "";
      fastcgi_param GIT_PROJECT_ROOT $work/www;
      fastcgi_param PATH_INFO \$1;
      fastcgi_param REMOTE_USER tester;
      fastcgi_read_timeout 600;
      fastcgi_request_buffering off;
      fastcgi_pass unix:$work/served/fcgi;
    }
  }
}
END
modules=/usr/lib/apache2/modules
cat >"$work/apache/conf" <<END
ServerRoot $work/apache
ServerName localhost
Listen 127.0.0.1:$apache_port
PidFile $work/apache/pid
ErrorLog $work/log/apache
User www-data
Group www-data
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule env_module $modules/mod_env.so
LoadModule alias_module $modules/mod_alias.so
LoadModule cgid_module $modules/mod_cgid.so
LoadModule setenvif_module $modules/mod_setenvif.so
ScriptSock $work/apache/cgi
SetEnv GIT_PROJECT_ROOT $work/www
SetEnv GIT_HTTP_EXPORT_ALL
SetEnv HOME $work/served
SetEnvIf Request_URI "^/git/" REMOTE_USER=tester
ScriptAlias /git/ $core/git-http-backend/
<Directory "$core">
  Require all granted
  Options +ExecCGI
</Directory>
END
ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/host"
ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/key"
echo "restrict,command=\"$work/by-key\" $(cat "$work/ssh/key.pub")" >"$work/ssh/authorized"
echo "[127.0.0.1]:$ssh_port $(cut -d' ' -f1,2 "$work/ssh/host.pub")" >"$work/ssh/known"
cat >"$work/ssh/conf" <<END
Port $ssh_port
ListenAddress 127.0.0.1
HostKey $work/ssh/host
PidFile none
AuthorizedKeysFile $work/ssh/authorized
StrictModes no
PermitRootLogin forced-commands-only
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
AcceptEnv GIT_PROTOCOL
MaxStartups 100:30:200
END
mkdir -p /run/sshd
export GIT_SSH_COMMAND="ssh -F none -i $work/ssh/key -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=$work/ssh/known -o StrictHostKeyChecking=yes"

# Starts a server in a group of its own, and keeps its process id.
serve() {
    log=$1
    shift
    setsid "$@" >>"$work/log/$log" 2>&1 </dev/null &
    servers="$servers $!"
}
serve fcgiwrap "$work/as-server" fcgiwrap -c 8 -s "unix:$work/served/fcgi"
serve nginx nginx -e "$work/log/nginx" -c "$work/nginx/conf"
serve apache apache2 -DFOREGROUND -d "$work/apache" -f "$work/apache/conf"
serve ssh "$(command -v sshd)" -D -e -f "$work/ssh/conf"

# The address of the bare repository by a server.
address() {
    case $1 in
    nginx) echo "http://127.0.0.1:$nginx_port/git/$(basename "$bare")" ;;
    apache) echo "http://127.0.0.1:$apache_port/git/$(basename "$bare")" ;;
    ssh) echo "ssh://root@127.0.0.1:$ssh_port$bare" ;;
    esac
}

bare=$work/www/begin.git
"$work/as-server" git init -q --bare "$bare"
for server in nginx apache ssh; do
    tries=0
    until git ls-remote "$(address $server)" >"$work/said" 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { cat "$work/log/$server" "$work/log/fcgiwrap" >>"$work/said"; fail "$server does not serve"; }
        sleep 0.1
    done
done

# --- Commits and pushes ----------------------------------------------------------------------------------------------

# Makes a commit without the clone's hooks or files: clone, parent, path, text. Prints its id.
commit() {
    (
        cd "$work/clones/$1"
        export GIT_INDEX_FILE="$PWD/.git/made"
        git read-tree "$2"
        blob=$(echo "$4" | git hash-object -w --stdin)
        git update-index --add --cacheinfo "100644,$blob,$3"
        git commit-tree -p "$2" -m "$3: $4" "$(git write-tree)"
    )
}
honest() { commit "$1" "${3:-origin/main}" "work/$1-$2" "$2"; }
forged() { commit "$1" "${3:-origin/main}" .agents/HANDOFF.md "forged by $1: $2"; }

landed=0 refused=0
push() {
    clone=$1
    shift
    git -C "$work/clones/$clone" push -q origin "$@" >"$work/said" 2>&1
}
lands() {
    push "$@" || fail "$what: an honest push does not land: $*"
    landed=$((landed + 1))
}
# Expects a refusal by `$by`, after which the server holds what it held.
is_refused() {
    held >"$work/held"
    ! push "$@" || fail "$what: what breaks a rule lands: $*"
    grep -q "$by" "$work/said" || fail "$what: it was not '$by' that refused: $*"
    held | diff "$work/held" - >"$work/said" || fail "$what: a refused push left something: $*"
    refused=$((refused + 1))
}
# Every reference and the number of files among the objects, those in quarantine with them.
held() {
    served for-each-ref
    find "$bare/objects" -type f | wc -l
}
# Begins a push; the end of all of them is waited for by `ends`.
begins() {
    name=$1 clone=$2
    shift 2
    git -C "$work/clones/$clone" push -q origin "$@" >"$at_once/$name.said" 2>&1 &
    echo "$!" >"$at_once/$name.pid"
}
ends() {
    name=$1 code=0
    wait "$(cat "$at_once/$name.pid")" || code=$?
    cp "$at_once/$name.said" "$work/said"
}
ends_well() {
    ends "$1"
    [ "$code" -eq 0 ] || fail "$what: an honest push among others does not land: $1"
    landed=$((landed + 1))
}
ends_refused() {
    ends "$1"
    [ "$code" -ne 0 ] || fail "$what: what breaks a rule lands among others: $1"
    grep -q "$by" "$work/said" || fail "$what: it was not '$by' that refused: $1"
    refused=$((refused + 1))
}
is_at() {
    [ "$(served rev-parse -q --verify "refs/heads/$1" || true)" = "$2" ] || fail "$what: $1 is not at $2"
}
has_no() {
    for object in "$@"; do
        ! served cat-file -e "$object" 2>/dev/null || fail "$what: the server has $object of a refused push"
    done
}

# --- What is tried ---------------------------------------------------------------------------------------------------

# A bare repository behind two servers, with a clone of each, guarded beside these hooks: `alone` or `forge`.
begin() {
    what="$1 and $2, $3"
    tried=$((tried + 1))
    bare=$work/www/$tried.git
    by='baton: refused (pre-receive)'
    at_once=$work/at-once-$tried
    mkdir "$at_once"
    rm -rf "$work/seed" "$work/clones"
    mkdir -p "$work/seed/.agents" "$work/clones"
    echo '# Handoff' >"$work/seed/.agents/HANDOFF.md"
    echo 'version = 1' >"$work/seed/baton.toml"
    git init -q "$work/seed"
    git -C "$work/seed" add .
    git -C "$work/seed" commit -q -m 'Begin'
    "$work/as-server" git init -q --bare "$bare"
    git -C "$work/seed" push -q "$(address "$1")" main >"$work/said" 2>&1 || fail "$what: the server takes no push"
    [ "$3" = alone ] || add_forge_hooks
    served baton install --server >"$work/said" 2>&1 || fail "$what: the server's hook cannot be installed"
    served baton doctor >"$work/said" 2>&1 || fail "$what: the server is not guarded"
    git clone -q "$(address "$1")" "$work/clones/one" 2>"$work/said" || fail "$what: no clone by $1"
    git clone -q "$(address "$2")" "$work/clones/two" 2>"$work/said" || fail "$what: no clone by $2"
}

# Hooks as Gitea generates them: the hook only runs its directory, where branch protection is.
add_forge_hooks() {
    mkdir -p "$bare/hooks/pre-receive.d"
    cat >"$bare/hooks/pre-receive" <<'END'
#!/bin/sh
data=$(cat)
codes=""
name=$(basename $0)
GIT_DIR=${GIT_DIR:-$(dirname $0)/..}
for each in ${GIT_DIR}/hooks/${name}.d/*; do
  test -x "${each}" && test -f "${each}" || continue
  echo "${data}" | "${each}"
  codes="${codes} $?"
done
for code in ${codes}; do
  [ ${code} -eq 0 ] || exit ${code}
done
END
    cat >"$bare/hooks/pre-receive.d/forge" <<'END'
#!/bin/sh
while read -r old new name; do
  [ "$name" != refs/heads/protected ] || { echo "the forge protects this branch" >&2; exit 1; }
done
END
    chmod 755 "$bare/hooks/pre-receive" "$bare/hooks/pre-receive.d/forge"
    chown -R www-data:www-data "$bare/hooks"
}

# One push after the other: whole or not at all.
refuses_whole() {
    for clone in one two; do
        good=$(honest $clone good) bad=$(forged $clone bad) deep=$(honest $clone on-bad "$bad")
        is_refused $clone "$bad:refs/heads/main"
        is_refused $clone "$bad:refs/heads/new"
        is_refused $clone "$deep:refs/heads/new"
        is_refused $clone "$good:refs/heads/good" "$bad:refs/heads/bad" "$good:refs/tags/good"
        is_refused $clone --atomic "$good:refs/heads/good" "$good:refs/heads/more" "$deep:refs/heads/bad"
        is_refused $clone "+$bad:refs/heads/main" ":refs/heads/none" "$good:refs/heads/good"
        has_no "$good" "$bad" "$deep"
        lands $clone "$good:refs/heads/good-$clone" "$good:refs/heads/more-$clone"
        is_at "good-$clone" "$good"
        is_at "more-$clone" "$good"
        has_no "$bad" "$deep"
    done
}

# Both at once, twenty honest pushes and ten that break a rule, each to a branch of its own.
lands_at_once() {
    for number in 1 2 3 4 5 6 7 8 9 10; do
        for clone in one two; do
            honest $clone "$number" >"$at_once/$clone-$number"
        done
    done
    for number in 1 2 3 4 5; do
        for clone in one two; do
            forged $clone "$number" >"$at_once/bad-$clone-$number"
        done
    done
    for number in 1 2 3 4 5 6 7 8 9 10; do
        for clone in one two; do
            begins "$clone-$number" $clone "$(cat "$at_once/$clone-$number"):refs/heads/at-once/$clone-$number"
            if [ "$number" -le 5 ]; then
                bad=$(cat "$at_once/bad-$clone-$number")
                begins "bad-$clone-$number" $clone "origin/main:refs/heads/beside/$clone-$number" "$bad:refs/heads/bad/$clone-$number"
            fi
        done
    done
    for number in 1 2 3 4 5 6 7 8 9 10; do
        for clone in one two; do
            ends_well "$clone-$number"
            is_at "at-once/$clone-$number" "$(cat "$at_once/$clone-$number")"
            if [ "$number" -le 5 ]; then
                ends_refused "bad-$clone-$number"
                has_no "$(cat "$at_once/bad-$clone-$number")"
            fi
        done
    done
    [ "$(served for-each-ref 'refs/heads/at-once' | wc -l)" -eq 20 ] || fail "$what: not twenty branches have landed"
    [ -z "$(served for-each-ref refs/heads/beside refs/heads/bad)" ] || fail "$what: a part of a refused push has landed"
}

# Lands commits on one branch while others do, each on top of what is there: clone, name, number.
races() {
    for number in $(seq "$3"); do
        tries=0
        while :; do
            tries=$((tries + 1))
            [ "$tries" -le 200 ] || { echo "never landed: $number" >>"$at_once/race-$1.wrong"; return; }
            git -C "$work/clones/$1" fetch -q origin
            new=$(honest "$1" "race-$number" origin/race)
            git -C "$work/clones/$1" push -q origin "$new:refs/heads/race" >"$at_once/race-$1.said" 2>&1 && break
            grep -qE 'fetch first|non-fast-forward|failed to update ref|cannot lock ref|incorrect old value' "$at_once/race-$1.said" ||
                cat "$at_once/race-$1.said" >>"$at_once/race-$1.wrong"
            echo "$new" >>"$at_once/race-$1.lost"
        done
        echo "$new" >>"$at_once/race-$1.landed"
    done
}

# Both at once to one branch, and one of them with pushes that break a rule, too.
races_to_one_branch() {
    lands one "origin/main:refs/heads/race"
    : >"$at_once/race-one.lost"
    : >"$at_once/race-two.lost"
    races one race 10 &
    first=$!
    races two race 10 &
    second=$!
    racing="$first $second"
    bad=$(forged one racing)
    for number in 1 2 3 4 5; do begins "racing-$number" one "+$bad:refs/heads/race"; done
    for number in 1 2 3 4 5; do ends_refused "racing-$number"; done
    wait "$first" || fail "$what: a racing clone stopped"
    wait "$second" || fail "$what: a racing clone stopped"
    racing=''
    for clone in one two; do
        cp "$at_once/race-$clone.said" "$work/said"
        [ ! -s "$at_once/race-$clone.wrong" ] || { cp "$at_once/race-$clone.wrong" "$work/said"; fail "$what: $clone lost a push by more than a race"; }
    done
    sort "$at_once/race-one.landed" "$at_once/race-two.landed" >"$work/expected"
    [ "$(wc -l <"$work/expected")" -eq 20 ] || fail "$what: not twenty commits of the race have landed"
    served rev-list main..race | sort | diff "$work/expected" - >"$work/said" ||
        fail "$what: the race lost a commit, or landed one twice"
    has_no "$bad"
    landed=$((landed + 20))
    lost=$((lost + $(cat "$at_once/race-one.lost" "$at_once/race-two.lost" | wc -l)))
}

# The forge's own protection refuses as it did before Baton came.
forge_goes_on() {
    baton_refuses=$by
    for clone in one two; do
        by='the forge protects this branch'
        good=$(honest $clone forge)
        is_refused $clone "$good:refs/heads/protected"
        is_refused $clone "$good:refs/heads/other-$clone" "$good:refs/heads/protected"
        by=$baton_refuses
        is_refused $clone "$(forged $clone forge):refs/heads/other-$clone"
        lands $clone "$good:refs/heads/other-$clone"
    done
}

# Nothing is damaged or left, and without the hook the same push lands: it was the hook that refused.
ends_whole() {
    [ -z "$(find "$bare/objects" -name '*incoming*' -o -name 'tmp_objdir*')" ] || fail "$what: a quarantine is left"
    served fsck --strict --no-dangling >"$work/said" 2>&1 || fail "$what: the server's repository is damaged"
    served baton verify --all >"$work/said" 2>&1 || fail "$what: something that breaks a rule has landed"
    served baton doctor >"$work/said" 2>&1 || fail "$what: the server is not guarded any more"
    bad=$(forged one unguarded)
    is_refused one "$bad:refs/heads/unguarded"
    served baton uninstall >"$work/said" 2>&1 || fail "$what: the hook cannot be taken out"
    push one "$bad:refs/heads/unguarded" || fail "$what: without the hook the same push is refused, too"
    is_at unguarded "$bad"
    [ "$1" = alone ] || { by='the forge protects this branch'; is_refused one "origin/main:refs/heads/protected"; }
}

began=$(date +%s) tried=0 lost=0
for run in 'nginx nginx alone' 'apache apache alone' 'ssh ssh alone' 'nginx ssh alone' 'apache ssh forge' 'nginx nginx forge'; do
    # shellcheck disable=SC2086
    set -- $run
    before="$landed $refused $lost $(date +%s)"
    begin "$@"
    refuses_whole
    [ "$3" = alone ] || forge_goes_on
    lands_at_once
    races_to_one_branch
    ends_whole "$3"
    # shellcheck disable=SC2086
    set -- $before
    echo "server: $what: $((landed - $1)) pushes landed, $((refused - $2)) refused, $((lost - $3)) lost a race and came again, in $(($(date +%s) - $4)) s"
done
echo "server: $(git --version), $tried servers' repositories: $landed honest pushes landed, $lost lost a race and came again, $refused refused, none of them landing in part, in $(($(date +%s) - began)) s"
