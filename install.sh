#!/bin/sh
# Builds git-baton and installs it, or removes it again. Needs git, and Rust to build.

# shellcheck disable=SC2016 # backquotes in messages mark commands to type

set -eu

usage() {
    cat <<'END'
usage: ./install.sh [--prefix DIR] [--demo] [--uninstall]

  --prefix DIR   install to DIR/bin (default: ~/.local)
  --demo         then show the guard at work: `git baton demo`
  --uninstall    remove DIR/bin/git-baton
  --help         show this
END
}

say() {
    printf '%s\n' "$*"
}

# fail WHAT REMEDY
fail() {
    printf 'install.sh: %s\n' "$1" >&2
    printf '  %s\n' "$2" >&2
    exit 2
}

# at_least VERSION WANTED: compares the first two numbers.
at_least() {
    major=${1%%.*}
    rest=${1#*.}
    minor=${rest%%[!0-9]*}
    wanted_major=${2%%.*}
    rest=${2#*.}
    wanted_minor=${rest%%[!0-9]*}
    [ "$major" -gt "$wanted_major" ] || {
        [ "$major" -eq "$wanted_major" ] && [ "${minor:-0}" -ge "${wanted_minor:-0}" ]
    }
}

is_command() {
    command -v "$1" >/dev/null 2>&1
}

check_tools() {
    is_command git ||
        fail 'git is not on PATH' 'Install git 2.28 or newer (Debian: apt install git; macOS: brew install git).'
    found=$(git version | sed 's/^git version \([0-9][0-9.]*\).*/\1/')
    at_least "$found" 2.28 ||
        fail "git $found is too old: it calls no reference-transaction hook" 'Install git 2.28 or newer.'
    { is_command cargo && is_command rustc; } ||
        fail 'cargo and rustc are not on PATH' 'Install Rust from https://rustup.rs, or open a new shell if you just did.'
    wanted=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' "$source_dir/Cargo.toml")
    found=$(rustc --version | sed 's/^rustc \([0-9][0-9.]*\).*/\1/')
    at_least "$found" "$wanted" ||
        fail "rustc $found is too old: $wanted or newer is needed" 'Run `rustup update stable`.'
}

check_prefix() {
    { mkdir -p "$bin_dir" 2>/dev/null && [ -w "$bin_dir" ]; } ||
        fail "$bin_dir cannot be written" 'Name another place: ./install.sh --prefix DIR.'
}

# Hooks run thousands of times, and a third of the time of a short run is the dynamic loader's.
link_flags='-C target-feature=+crt-static -C relocation-model=static'

static_flags() {
    case $1 in
    *-linux-gnu*) ;;
    *) return 1 ;;
    esac
    probe=$(mktemp -d) || return 1
    # See crates/baton-sys/src/spawn.rs for the function.
    printf '%s\n' 'unsafe extern "C" { fn posix_spawn_file_actions_addchdir_np(); }' \
        '#[used] static LINKED: unsafe extern "C" fn() = posix_spawn_file_actions_addchdir_np;' \
        'fn main() {}' >"$probe/probe.rs"
    linked=0
    rustc --target "$1" $link_flags -o "$probe/probe" "$probe/probe.rs" \
        >/dev/null 2>&1 || linked=1
    rm -rf "$probe"
    return "$linked"
}

build() {
    host=$(rustc -vV | sed -n 's/^host: //p')
    [ -n "$host" ] || fail 'rustc does not say for which system it builds' 'Run `rustc -vV`, and mend the Rust installation.'
    flags=${RUSTFLAGS:-}
    if static_flags "$host"; then
        flags="${flags:+$flags }$link_flags"
    else
        case $host in
        *-linux-gnu*) say 'note: a static program does not link here (is the static C library installed?); hooks start a little slower' ;;
        esac
    fi
    target_dir=${CARGO_TARGET_DIR:-$source_dir/target}
    case $target_dir in
    /*) ;;
    *) target_dir=$start_dir/$target_dir ;;
    esac
    say "building for $host"
    (
        cd "$source_dir" &&
            RUSTFLAGS=$flags CARGO_TARGET_DIR=$target_dir \
                cargo build --release --locked --target "$host"
    ) || fail 'the build failed' 'What cargo says above tells why; offline, run `cargo fetch --locked` while there is a network.'
    built=$target_dir/$host/release/git-baton
    [ -f "$built" ] || fail "the build left no $built" 'Check build.target-dir and [profile] in your cargo configuration.'
}

install_program() {
    temporary=$bin_dir/.git-baton.$$
    trap 'rm -f "$temporary"' EXIT
    trap 'exit 130' HUP INT TERM
    { cp "$built" "$temporary" && chmod 755 "$temporary" && mv -f "$temporary" "$program"; } ||
        fail "$program cannot be written" 'Check that the disk has room, or name another place: ./install.sh --prefix DIR.'
    say "installed $program"
}

advise_path() {
    case :$PATH: in
    *":$bin_dir:"*) return ;;
    esac
    say "$bin_dir is not on PATH, so \`git baton\` is not found yet. Add it:"
    case ${SHELL:-} in
    */fish) say "    fish_add_path '$bin_dir'" ;;
    */zsh) say "    echo 'export PATH=\"$bin_dir:\$PATH\"' >> ~/.zshrc" ;;
    */bash) say "    echo 'export PATH=\"$bin_dir:\$PATH\"' >> ~/.bashrc" ;;
    *) say "    echo 'export PATH=\"$bin_dir:\$PATH\"' >> ~/.profile" ;;
    esac
    say 'and open a new shell.'
}

uninstall_program() {
    if [ ! -e "$program" ]; then
        say "there is no $program"
        return
    fi
    rm -f "$program" 2>/dev/null || fail "$program cannot be removed" 'Check that you may write there.'
    say "removed $program"
    say 'repositories keep their hooks, which need no program elsewhere: `git baton uninstall` in each takes them out'
}

prefix=
demo=no
uninstall=no
while [ $# -gt 0 ]; do
    case $1 in
    --prefix)
        { [ $# -ge 2 ] && [ -n "$2" ]; } || fail '--prefix needs a directory' 'As in: ./install.sh --prefix ~/.local'
        prefix=$2
        shift
        ;;
    --prefix=?*) prefix=${1#--prefix=} ;;
    --demo) demo=yes ;;
    --uninstall) uninstall=yes ;;
    --help | -h)
        usage
        exit 0
        ;;
    *) fail "unknown option $1" 'Run ./install.sh --help.' ;;
    esac
    shift
done

start_dir=$(pwd)
source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
if [ -z "$prefix" ]; then
    [ -n "${HOME:-}" ] || fail 'HOME is not set' 'Name a place: ./install.sh --prefix DIR.'
    prefix=$HOME/.local
fi
case $prefix in
/*) ;;
*) prefix=$start_dir/$prefix ;;
esac
bin_dir=$prefix/bin
program=$bin_dir/git-baton

if [ "$uninstall" = yes ]; then
    uninstall_program
    exit 0
fi
check_tools
check_prefix
build
install_program
advise_path
if [ "$demo" = yes ]; then
    exec "$program" demo
fi
say 'next: `git baton install` in a repository, or `git baton demo` to see the guard at work'
