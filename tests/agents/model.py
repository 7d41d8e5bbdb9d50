#!/usr/bin/env python3
"""A model that says what a script says, for the real programs of coding agents.

    model.py PORT_FILE SCRIPT LOG

Serves the wire formats of Anthropic's Messages, OpenAI's Responses and Chat Completions, and Google's
generateContent on a free port of the loopback interface, and writes its number into PORT_FILE.

SCRIPT is a list of conversations in JSON: the first whose `when`, a regular expression, is found in what the user said
is followed, and each answer of the model is one of its `turns`. A turn is an object: `say` (text), `run` (a line for the
agent's shell), `call` (a tool of the agent, or the end of the name of one of the MCP server `baton`) with `input`, `status` (an
HTTP error instead), `after` (seconds of thought before). `$NAME` stands for a named group
of `when`. The server keeps no state: a request holds the answers that were given before it. LOG gets a line of JSON for
each request: what the agent was told, and what its tools answered.
"""

import gzip
import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# The tools by which agents run a line of shell, and the argument that takes it.
SHELLS = {"Bash": "command", "exec_command": "cmd", "shell_command": "command", "run_shell_command": "command", "bash": "command"}


def plain(content):
    """The text in a message, a block, or a list of blocks."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        parts = [content.get(key) for key in ("text", "content", "output", "response")]
        return "\n".join(plain(part) for part in parts if part)
    return "\n".join(plain(block) for block in content or [])


class Messages:
    """Anthropic's Messages API: Claude Code."""

    server = "mcp__baton__"

    def history(self, body):
        for message in body["messages"]:
            blocks = message["content"]
            blocks = [{"type": "text", "text": blocks}] if isinstance(blocks, str) else blocks
            for block in blocks:
                is_result = block["type"] == "tool_result"
                yield message["role"] if not is_result else "tool", plain(block)

    def tools(self, body):
        return [tool["name"] for tool in body.get("tools", [])]

    def events(self, say, call, model):
        blocks = [({"type": "text", "text": ""}, {"type": "text_delta", "text": say})] if say else []
        if call:
            name, arguments = call
            block = {"type": "tool_use", "id": f"toolu_{time.time_ns()}", "name": name, "input": {}}
            blocks.append((block, {"type": "input_json_delta", "partial_json": json.dumps(arguments)}))
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"id": f"msg_{time.time_ns()}", "type": "message", "role": "assistant", "model": model, "content": [], "usage": usage}
        yield {"type": "message_start", "message": message}
        for index, (block, delta) in enumerate(blocks):
            yield {"type": "content_block_start", "index": index, "content_block": block}
            yield {"type": "content_block_delta", "index": index, "delta": delta}
            yield {"type": "content_block_stop", "index": index}
        yield {"type": "message_delta", "delta": {"stop_reason": "tool_use" if call else "end_turn"}, "usage": usage}
        yield {"type": "message_stop"}


class Responses:
    """OpenAI's Responses API: Codex."""

    server = "mcp__baton::"

    def history(self, body):
        for item in body["input"]:
            kind = item.get("type", "message")
            if kind.endswith("_output"):
                yield "tool", plain(item)
            elif kind == "message":
                yield item["role"], plain(item["content"])
            else:
                yield "assistant" if kind.endswith("_call") else "other", ""

    def tools(self, body):
        return [tool["name"] for tool in body.get("tools", []) if "name" in tool]

    def events(self, say, call, model):
        items = []
        if say:
            content = [{"type": "output_text", "text": say, "annotations": []}]
            items.append({"type": "message", "id": f"msg_{time.time_ns()}", "role": "assistant", "content": content})
        if call:
            name, arguments = call
            # Tools of MCP servers are not among those on offer, and have a name of two parts.
            server, _, tool = name.rpartition("::")
            ids = {"name": tool} | ({"namespace": server} if server else {})
            ids |= {"id": f"item_{time.time_ns()}", "call_id": f"call_{time.time_ns()}"}
            items.append({"type": "function_call", "arguments": json.dumps(arguments)} | ids)
        counts = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        response = {"id": f"resp_{time.time_ns()}", "object": "response", "model": model, "output": items, "usage": counts}
        yield {"type": "response.created", "response": response | {"output": [], "usage": None}}
        for index, item in enumerate(items):
            yield {"type": "response.output_item.added", "output_index": index, "item": item}
            yield {"type": "response.output_item.done", "output_index": index, "item": item}
        yield {"type": "response.completed", "response": response}


class Completions:
    """OpenAI's Chat Completions API: Copilot CLI with its own provider, opencode, Qwen Code."""

    server = "mcp__baton__"

    def history(self, body):
        for message in body["messages"]:
            text = plain(message.get("content"))
            # Qwen Code puts this into the model's mouth.
            is_own = text != "Got it. Thanks for the context!"
            yield message["role"] if is_own else "other", text

    def tools(self, body):
        return [tool["function"]["name"] for tool in body.get("tools", []) if "function" in tool]

    def events(self, say, call, model):
        delta = {"role": "assistant", "content": say or None}
        if call:
            name, arguments = call
            function = {"name": name, "arguments": json.dumps(arguments)}
            delta["tool_calls"] = [{"index": 0, "id": f"call_{time.time_ns()}", "type": "function", "function": function}]
        ends = {"delta": {}, "finish_reason": "tool_calls" if call else "stop"}
        for choice in ({"delta": delta, "finish_reason": None}, ends):
            yield {
                "id": "chatcmpl",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": model,
                "choices": [{"index": 0} | choice],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            }
        yield "[DONE]"


class Contents:
    """Google's generateContent: Gemini CLI."""

    server = "mcp__baton__"

    def history(self, body):
        for content in body["contents"]:
            for part in content["parts"]:
                if "functionResponse" in part:
                    yield "tool", str(part["functionResponse"].get("response"))
                else:
                    role = "assistant" if content.get("role") == "model" else "user"
                    yield role, part.get("text", "")

    def tools(self, body):
        declared = [tool.get("functionDeclarations", []) for tool in body.get("tools", [])]
        return [function["name"] for functions in declared for function in functions]

    def events(self, say, call, model):
        parts = [{"text": say}] if say else []
        if call:
            name, arguments = call
            parts.append({"functionCall": {"id": str(time.time_ns()), "name": name, "args": arguments}})
        candidate = {"index": 0, "content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
        counts = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
        yield {"candidates": [candidate], "usageMetadata": counts, "modelVersion": model}


FORMATS = [("/messages", Messages()), ("/responses", Responses()), ("/chat/completions", Completions()), ("enerateContent", Contents())]


def turn(script, said, answered):
    """The turn that the script has for this request, with its groups filled in."""
    for conversation in script:
        found = re.search(conversation["when"], said)
        if not found:
            continue
        if answered >= len(conversation["turns"]):
            return {"say": "The script is over."}
        fill = lambda text: re.sub(r"\$([A-Z]+)", lambda name: found.groupdict().get(name[1]) or name[0], text)
        chosen = conversation["turns"][answered]
        return {key: fill(value) if isinstance(value, str) else value for key, value in chosen.items()}
    return {"say": "The script says nothing about this."}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.reply(200, {"object": "list", "data": [{"id": "scripted", "object": "model"}], "models": []})

    def do_POST(self):
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            data = gzip.decompress(data)
        body = json.loads(data or b"{}")
        path = self.path.split("?")[0]
        if "count" in path:
            return self.reply(200, {"input_tokens": 1, "totalTokens": 1})
        known = [one for end, one in FORMATS if path.endswith(end)]
        if not known:
            return self.reply(404, {"error": {"message": f"nothing is at {path}"}})
        self.answer(known[0], body, path)

    def answer(self, wire, body, path):
        history, tools = list(wire.history(body)), wire.tools(body)
        said = "\n".join(text for role, text in history if role == "user")
        roles = [role for role, _ in history if role != "other"]
        # What the model said and called in one answer may stand in several pieces.
        answered = sum(1 for at, role in enumerate(roles) if role in ("assistant", "model") and (at == 0 or roles[at - 1] != role))
        chosen = turn(self.server.script, said, answered) if tools else {"say": "{}" if "chema" in str(body.get("generationConfig")) else "ok"}
        results = [text for role, text in history if role == "tool"]
        told = "\n".join(text for role, text in history if role not in ("tool", "assistant", "model"))
        self.server.note({"answered": answered, "told": told, "results": results[-1:], "turn": chosen})
        time.sleep(chosen.get("after", 0))
        if "status" in chosen:
            return self.reply(chosen["status"], {"error": {"type": "scripted", "message": "the scripted refusal"}})
        call = None
        if "run" in chosen:
            name = next(name for name in SHELLS if name in tools)
            call = name, {SHELLS[name]: chosen["run"], "description": "scripted"}
            call = (name, {"cmd": chosen["run"]}) if name == "exec_command" else call
        if "call" in chosen:
            named = [name for name in tools if name == chosen["call"] or "baton" in name and name.endswith(chosen["call"])]
            call = (named or [wire.server + chosen["call"]])[0], chosen["input"]
        events = wire.events(chosen.get("say", ""), call, body.get("model", "scripted"))
        if not body.get("stream") and "stream" not in path:
            return self.reply(200, list(events)[0])
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for event in events:
            name = f"event: {event['type']}\n" if isinstance(event, dict) and "type" in event else ""
            data = event if isinstance(event, str) else json.dumps(event)
            self.wfile.write(f"{name}data: {data}\n\n".encode())
        self.close_connection = True

    def reply(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, script, log):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.log, self.lock = script, log, threading.Lock()

    def note(self, line):
        with self.lock, open(self.log, "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


def main():
    port_file, script, log = sys.argv[1:]
    with open(script, encoding="utf-8") as file:
        server = Server(json.load(file), log)
    with open(port_file, "w", encoding="utf-8") as file:
        file.write(str(server.server_address[1]))
    server.serve_forever()


main()
