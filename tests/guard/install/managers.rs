//! Stand-ins for managers of hooks: each does to the directory of hooks what the real one does, which
//! `tests/acceptance/neighbours.sh` runs.

use std::path::Path;

use baton_testkit::write_program;

use crate::install::place::{Place, Said, said};

/// A manager of hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// pre-commit and prek: what they find becomes `<hook>.legacy`, and they run it, but never themselves in it.
    PreCommit,
    /// lefthook: what it finds becomes `<hook>.old`, which it does not run, and which must not be there.
    Lefthook,
    /// git-lfs: writes into the file that is there, when it is told to.
    GitLfs,
    /// simple-git-hooks: writes into the file that is there, and removes every other hook.
    SimpleGitHooks,
}

impl Manager {
    pub const ALL: [Self; 4] = [
        Self::PreCommit,
        Self::Lefthook,
        Self::GitLfs,
        Self::SimpleGitHooks,
    ];

    fn script(self) -> &'static str {
        match self {
            Self::PreCommit => PRE_COMMIT,
            Self::Lefthook => LEFTHOOK,
            Self::GitLfs => GIT_LFS,
            Self::SimpleGitHooks => SIMPLE_GIT_HOOKS,
        }
    }

    /// Runs it, to install or to uninstall.
    pub fn run(self, place: &Place, args: &[&str]) -> Said {
        let program = place.at(&format!("{self:?}"));
        if !program.exists() {
            let log = place.at("log");
            let text = self.script().replace("LOG", log.to_str().unwrap());
            let text = text.replace("PROGRAM", program.to_str().unwrap());
            write_program(&program, &text);
        }
        let mut shell = place.command(Path::new("sh"), "r");
        said(shell.arg(program).args(args).output().unwrap())
    }
}

const PRE_COMMIT: &str = r#"#!/bin/sh
hooks=$(git rev-parse --git-common-dir)/hooks
is_ours() { grep -q 'ID: 138fd403' "$1"; }
case $1 in
install)
    for type in pre-commit pre-push; do
        hook=$hooks/$type
        [ ! -e "$hook" ] || is_ours "$hook" || mv "$hook" "$hook.legacy"
        [ "$2" != -f ] || rm -f "$hook.legacy"
        cat >"$hook" <<END
#!/bin/sh
# ID: 138fd403
HERE="\$(cd "\$(dirname "\$0")" && pwd)"
PREK="$0"
if [ ! -x "\$PREK" ]; then
    PREK="prek"
fi
exec "\$PREK" hook-impl --hook-dir="\$HERE" --hook-type=$type -- "\$@"
END
        chmod 755 "$hook"
    done
    ;;
uninstall)
    for type in pre-commit pre-push; do
        hook=$hooks/$type
        [ -e "$hook" ] && is_ours "$hook" || continue
        rm "$hook"
        [ ! -e "$hook.legacy" ] || mv "$hook.legacy" "$hook"
    done
    ;;
hook-impl)
    dir=${2#--hook-dir=} type=${3#--hook-type=}
    shift 4
    [ -z "$RUNNING_LEGACY" ] || { echo 'bug: installed in migration mode' >&2; exit 1; }
    code=0
    [ ! -x "$dir/$type.legacy" ] || RUNNING_LEGACY=1 "$dir/$type.legacy" "$@" || code=$?
    echo "checked by the manager" >>'LOG'
    exit $code
    ;;
esac
"#;

const LEFTHOOK: &str = r#"#!/bin/sh
hook=$(git rev-parse --git-common-dir)/hooks/pre-commit
is_ours() { grep -q LEFTHOOK "$hook"; }
case $1 in
install)
    if [ -e "$hook" ] && ! is_ours; then
        [ ! -e "$hook.old" ] || { echo "can't rename: file already exists" >&2; exit 1; }
        mv "$hook" "$hook.old"
    fi
    cat >"$hook" <<'END'
#!/bin/sh
# Runs the hooks of lefthook.yml.
if [ "$LEFTHOOK" = "0" ]; then
  exit 0
fi
call_lefthook()
{
  if test -n "$LEFTHOOK_BIN"
  then
    "$LEFTHOOK_BIN" "$@"
  else
    "PROGRAM" "$@"
  fi
}
call_lefthook run "pre-commit" "$@"
END
    chmod 755 "$hook"
    ;;
run) echo "checked by the manager" >>'LOG' ;;
uninstall)
    [ -e "$hook" ] && is_ours || exit 0
    rm "$hook"
    [ ! -e "$hook.old" ] || mv "$hook.old" "$hook"
    ;;
esac
"#;

const GIT_LFS: &str = r#"#!/bin/sh
hooks=$(git rev-parse --git-common-dir)/hooks
text='#!/bin/sh
echo "checked by the manager" >>'"'LOG'"
for type in pre-push post-checkout post-commit post-merge; do
    hook=$hooks/$type
    is_ours() { [ "$(cat "$hook")" = "$text" ]; }
    case $1 in
    install)
        [ ! -s "$hook" ] || is_ours || [ "$2" = -f ] || { echo "Hook already exists: $type"; exit 2; }
        printf '%s\n' "$text" >"$hook"
        chmod 755 "$hook"
        ;;
    uninstall) [ -e "$hook" ] && is_ours && rm "$hook" ;;
    esac
done
exit 0
"#;

const SIMPLE_GIT_HOOKS: &str = r#"#!/bin/sh
hooks=$(git rev-parse --git-common-dir)/hooks
for type in pre-commit prepare-commit-msg commit-msg pre-merge-commit post-merge pre-push reference-transaction; do
    case $1-$type in
    install-pre-commit)
        printf '#!/bin/sh\necho "checked by the manager" >>'"'LOG'\n" >"$hooks/$type"
        chmod 755 "$hooks/$type"
        ;;
    *) rm -f "$hooks/$type" ;;
    esac
done
"#;
