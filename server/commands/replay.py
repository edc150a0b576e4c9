"""`agenticrag replay` and `agenticrag compare`: runs that a server has recorded."""

import sys
from typing import Any

from server.commands.api_client import Key, Url, api_client, asked
from server.terminal import print_json, print_progress, print_table

__all__ = ["compare", "replay"]


def replay(
    execution: str, /, *, flow_version: str = "", url: Url = "", key: Key = "", json: bool = False
) -> None:
    """Replay a recorded run: no model and no tool is called. Exit code 1 if something differs.

    Parameters
    ----------
    execution
        ID of the run.
    flow_version
        Version to replay: a number, a label, `draft` or `current`. Empty: that of the run.
    url
        URL of the server. Empty: this machine, at the configured port.
    key
        API key. Empty: the owner's key in the data folder.
    json
        Print the answer of the API.
    """
    body = {"flow_version": flow_version} if flow_version else {}
    with api_client(url, key) as client:
        report = asked(client, "POST", f"/executions/{execution}/replay", json=body)
    if json:
        print_json(report)
    elif report["equal"]:
        print_progress(f"Equal: {report['calls']} calls of models and tools came from the journal.")
    else:
        difference = report["difference"]
        where = f" at {difference['path']}" if difference["path"] else ""
        print_progress(f"The first difference{where}: {difference['message']}")
        for line in difference["diff"]:
            print(line)
    if not report["equal"]:
        sys.exit(1)


def compare(
    a: str, b: str, /, *, prompts: bool = False, url: Url = "", key: Key = "", json: bool = False
) -> None:
    """Compare two recorded runs node by node: output, prompt, tokens, cost and time.

    Parameters
    ----------
    a
        ID of the first run.
    b
        ID of the second run.
    prompts
        Show how the prompts of each node differ.
    url
        URL of the server. Empty: this machine, at the configured port.
    key
        API key. Empty: the owner's key in the data folder.
    json
        Print the answer of the API.
    """
    with api_client(url, key) as client:
        found = asked(client, "GET", "/executions/compare", params={"a": a, "b": b, "prompts": prompts})
    if json:
        print_json(found)
        return
    rows = [
        (
            "/".join(part for part in (one["path"], one["node_id"]) if part),
            str(one["occurrence"]),
            "same" if one["same_output"] else "differs" if one["a"] and one["b"] else "in one run only",
            {True: "same", False: "differs", None: ""}[one["same_prompt"]],
            _both(one, "input_tokens", "output_tokens"),
            _both(one, "cost_usd"),
            _both(one, "duration_ms"),
        )
        for one in found["nodes"]
    ]
    print_table(("NODE", "RUN", "OUTPUT", "PROMPT", "TOKENS", "USD", "MS"), rows)
    for one in found["nodes"]:
        if one["prompts"] and one["prompts"]["diff"]:
            print(f"\nPrompts of {one['node_id']}, run {one['occurrence']}:")
            print("\n".join(one["prompts"]["diff"]))
    print(f"\nThe outputs of the runs {'are the same' if found['same_output'] else 'differ'}.")


def _both(one: dict[str, Any], *names: str) -> str:
    """Return the sum of some numbers of a node in the first run and in the second."""
    values = [None if run is None else sum(run[name] or 0 for name in names) for run in (one["a"], one["b"])]
    shown = ["-" if value is None else f"{value:g}" for value in values]
    return " → ".join(shown) if shown[0] != shown[1] else shown[0]
