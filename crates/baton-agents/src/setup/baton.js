// Written by `git baton init`: asks Baton before opencode runs a tool. `git baton uninstall` removes this file.
import { spawnSync } from "node:child_process"

const missing = "@MISSING@"

export const Baton = async ({ directory }) => ({
  "tool.execute.before": async (input, output) => {
    const event = {
      hook_event_name: "PreToolUse",
      session_id: input.sessionID,
      transcript_path: "",
      cwd: directory,
      tool_name: input.tool,
      tool_input: output.args,
    }
    const ran = spawnSync("git", ["baton", "agent-hook"], {
      cwd: directory,
      input: JSON.stringify(event),
      encoding: "utf8",
    })
    if (ran.error || ran.status !== 0) {
      if (missing === "allow") return
      throw new Error("git-baton is not installed here: ask the person you work for")
    }
    if (ran.stdout.trim()) {
      throw new Error(JSON.parse(ran.stdout).hookSpecificOutput.permissionDecisionReason)
    }
  },
})
