#!/bin/sh
# `git baton mcp` before clients that others wrote: the Python SDK of the Model Context Protocol, in an older and in the newest
# version, and its Inspector. Each begins a session, claims a path, is refused the same path in another worktree with the help
# of the command, and has a change checked.
#
#     tests/acceptance/mcp.sh [git-baton]
#
# The clients come from pip and npm into a scratch directory, or from TOOLS, a directory in which an earlier call of this
# script has put them. Needs git, python3, node and npm.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
baton=$(realpath "${1:-$root/target/debug/git-baton}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
tools=${TOOLS:-$work/tools}

fail() {
    echo "mcp: FAILED: $*" >&2
    exit 1
}

for version in 1 2; do
    [ -x "$tools/python-$version/bin/python" ] && continue
    python3 -m venv "$tools/python-$version"
    "$tools/python-$version/bin/pip" install -q --disable-pip-version-check "mcp==$version.*"
done
inspector="$tools/npm/node_modules/.bin/mcp-inspector"
if [ ! -x "$inspector" ]; then
    mkdir -p "$tools/npm"
    (cd "$tools/npm" && npm init -y >/dev/null && npm install --silent --no-audit @modelcontextprotocol/inspector)
fi

mkdir "$work/bin" "$work/home"
ln -s "$baton" "$work/bin/git-baton"
export PATH="$work/bin:$PATH" HOME="$work/home" GIT_CONFIG_NOSYSTEM=1
git config --global user.name Ada
git config --global user.email ada@example.org

# A repository with worktrees `one` and `two`, and in `two` a staged change that the policy refuses.
repository() {
    git init -q -b main "$1" && cd "$1"
    mkdir .agents
    echo '# Handoff' >.agents/HANDOFF.md
    echo 'version = 1' >baton.toml
    git add . && git commit -qm base
    git worktree add -q -b one "$1-one" && git worktree add -q -b two "$1-two"
    echo mine >"$1-two/.agents/HANDOFF.md" && git -C "$1-two" add .
    cd "$work"
}

cat >"$work/client.py" <<'PYTHON'
import asyncio, json, sys
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

async def main(repo):
    server = StdioServerParameters(command="git", args=["baton", "mcp"])
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        names = [tool.name for tool in (await session.list_tools()).tools]
        assert "session_claim" in names and "check" in names, names

        async def call(tool, **arguments):
            result = await session.call_tool(tool, arguments)
            failed = getattr(result, "isError", None) or getattr(result, "is_error", None)
            return failed, result.content[0].text

        for tree in ("one", "two"):
            failed, text = await call("session_start", path=f"{repo}-{tree}", title=tree)
            assert not failed and json.loads(text)["sessions"][0]["title"] == tree, text
        failed, text = await call("session_claim", path=f"{repo}-one", paths=["src/**"])
        assert not failed and json.loads(text)["claims"][0]["paths"] == ["src/**"], text
        failed, text = await call("session_claim", path=f"{repo}-two", paths=["src/a.rs"])
        assert failed and "is claimed by session" in text and "\nhelp: " in text, text
        failed, text = await call("check", path=f"{repo}-two")
        assert not failed and json.loads(text)["violations"][0]["rule"] == "protected-path", text

asyncio.run(main(sys.argv[1]))
PYTHON
for version in 1 2; do
    repository "$work/python-$version"
    python="$tools/python-$version/bin/python"
    "$python" "$work/client.py" "$work/python-$version" || fail "the Python SDK $version"
    "$python" -c 'from importlib.metadata import version; print("Python SDK", version("mcp"), "ok")'
done

repository "$work/node"
tool() {
    name=$1
    shift
    "$inspector" --cli git baton mcp --method tools/call --tool-name "$name" "$@"
}
"$inspector" --cli git baton mcp --method tools/list | grep -q '"session_claim"' || fail "the Inspector lists no tools"
for tree in one two; do
    tool session_start --tool-arg "path=$work/node-$tree" | grep -q sessions || fail "the Inspector begins no session"
done
tool session_claim --tool-arg "path=$work/node-one" --tool-arg 'paths=["src/**"]' | grep -q 'src/\*\*' ||
    fail "the Inspector claims nothing"
tool session_claim --tool-arg "path=$work/node-two" --tool-arg 'paths=["src/a.rs"]' | grep -q '"isError": true' ||
    fail "the Inspector claims what another session holds"
tool check --tool-arg "path=$work/node-two" | grep -q protected-path || fail "the Inspector checks nothing"
echo "Inspector $(node -p "require('$tools/npm/node_modules/@modelcontextprotocol/inspector/package.json').version") ok"
