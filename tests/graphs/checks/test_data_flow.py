"""Flows in which private data, strangers' words and a way out meet, and those that only look like it."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest

from graphs.checks.check import check
from graphs.checks.data_flow import CODE, References
from graphs.document.flow import GraphDefinition
from graphs.tool.tool_type import tool
from graphs.toolbox.python_tools import function_tool
from graphs.tools import built_in_tools
from graphs.values.effects import Effects
from graphs.values.findings import Finding

Node = dict[str, Any]


@tool(touches=Effects(private="the mailbox", strangers="what mails say"))
def read_mail(folder: str) -> str:
    """Read a folder of the mailbox."""
    return folder


@tool(repeatable=False, touches=Effects(way_out="mails to anybody", writes=True))
def send_mail(to: str, text: str) -> str:
    """Send a mail."""
    return to + text


TOOLS = {**built_in_tools(), "read_mail": function_tool(read_mail), "send_mail": function_tool(send_mail)}

CRM: Node = {
    "name": "http_request",
    "alias": "crm",
    "base_url": "https://crm.example.com/",
    "credential": "crm",
}
WEB: Node = {"name": "http_request", "alias": "web", "base_url": "https://web.example.com/"}
ASKED = {"approval": True}
WRITES = {"methods": ["GET", "POST"]}


def agent(*tools: Any, **data: Any) -> Node:
    told = {"provider": "demo", "model": "demo", "prompt": "{{ message }}", "tools": [*tools]}
    return {"id": "a", "type": "agent", "data": told | data}


def ask(prompt: str, *, history: bool = False) -> Node:
    told = {"provider": "demo", "model": "demo", "prompt": prompt, "history": history}
    return {"id": "m", "type": "llm", "data": told}


def fetch(id: str, url: str, **data: Any) -> Node:
    return {"id": id, "type": "http_request", "data": {"url": url, **data}}


def approval(**data: Any) -> Node:
    return {"id": "ok", "type": "human_approval", "data": data}


SHOP = fetch("shop", "https://shop.example.com/me", credential="shop")
PAGE = fetch("page", "https://page.example.com/")


def flow(*nodes: Node) -> GraphDefinition:
    ids = ["s", *(node["id"] for node in nodes), "e"]
    edges = [
        {"id": f"{id}-{on}", "source": id, "target": on, "sourceHandle": "approved" if id == "ok" else None}
        for id, on in pairwise(ids)
    ]
    ends = [{"id": "s", "type": "start"}, {"id": "e", "type": "end"}]
    return msgspec.convert({"nodes": [*ends, *nodes], "edges": edges}, GraphDefinition)


def told(*nodes: Node, elsewhere: References | None = None) -> list[Finding]:
    found = check(flow(*nodes), tools=TOOLS, elsewhere=elsewhere)
    assert not [finding for finding in found if finding.severity == "error"], found
    return [finding for finding in found if finding.code == CODE]


@pytest.mark.threat("T-05")
def test_the_warning_names_what_meets_where_and_what_to_do() -> None:
    (finding,) = told(agent(CRM, WEB | WRITES))
    assert (finding.severity, finding.node, finding.pointer) == ("warning", "a", "/nodes/2/data/tools/1")
    assert finding.message == (
        "Node 'a' has a way out (requests to web.example.com (GET, POST)), and nobody is asked before it is "
        "taken. Private data meets it there (what the credential 'crm' opens, by 'a'), and so do words of "
        "others (what crm.example.com answers, by 'a'; what web.example.com answers, by 'a'): who writes "
        "these can have that data sent away. Turn on 'approval' of the tool, or take one of the three away."
    )
    (finding,) = told(SHOP, PAGE, ask("{{ nodes.shop }} {{ nodes.page }}"), fetch("out", "{{ nodes.m }}"))
    assert (finding.node, finding.pointer) == ("out", "/nodes/5/data")
    assert "'shop' opens, by 'shop')" in finding.message
    assert "Put a human_approval node before 'out'" in finding.message


OUT = fetch("out", "https://out.example.com/{{ nodes.m }}")
SET: Node = {"id": "v", "type": "variable", "data": {"set": {"x": "nodes.shop"}}}
BY_TOOL: Node = {"id": "t", "type": "tool", "data": {"tool": WEB, "arguments": {"path": "{{ arrived }}"}}}
BOTH = ask("{{ nodes.shop }} {{ nodes.page }}")


@pytest.mark.threat("T-05")
@pytest.mark.parametrize(
    "nodes",
    [
        (agent(CRM, WEB),),
        (agent(CRM | WRITES),),
        (agent(WEB, history=True),),
        (agent(WEB, prompt="{{ variables.diary }}"),),
        (agent(WEB | {"headers": {"Authorization": "a literal"}}, CRM),),
        (PAGE, ask("{{ nodes.page }}", history=True), OUT),
        (agent("read_mail", "send_mail"),),
        (SHOP, PAGE, BOTH, OUT),
        (SHOP, PAGE, BOTH, BY_TOOL),
        (SHOP, PAGE, fetch("out", "{{ nodes.page.body.next }}", method="POST", body="{{ nodes.shop }}")),
        (approval(), SHOP, PAGE, BOTH, OUT),
        (SHOP, approval(), PAGE, BOTH, OUT),
        (SHOP, PAGE, BOTH, approval(audience="visitor"), OUT),
        (SHOP, PAGE, SET, ask("{{ variables.x }} {{ nodes.page }}"), OUT),
    ],
)
def test_where_all_three_meet_there_is_a_warning(nodes: tuple[Node, ...]) -> None:
    found = told(*nodes)
    assert found
    assert len({finding.pointer for finding in found}) == len(found)


@pytest.mark.threat("T-05")
@pytest.mark.parametrize(
    "nodes",
    [
        (ask("{{ message }}", history=True),),
        (ask("{{ message }}", history=True), OUT, PAGE),
        (agent("calculator", "current_time", history=True),),
        (agent(CRM),),
        (agent(WEB),),
        (agent(WEB | ASKED, history=True),),
        (agent(CRM | ASKED, WEB | ASKED),),
        (agent("read_mail"),),
        (agent("send_mail", history=True),),
        (agent("read_mail", {"name": "send_mail", "approval": True}),),
        (SHOP, ask("{{ nodes.shop }}")),
        (SHOP, PAGE, BOTH, fetch("out", "https://out.example.com/", method="POST", body="{{ nodes.m }}")),
        (
            SHOP,
            PAGE,
            fetch("out", "https://out.example.com/?page={{ nodes.page.status }}", body="{{ nodes.shop }}"),
        ),
        (SHOP, PAGE, ask("{{ nodes.page }}"), OUT),
        (SHOP, PAGE, BOTH, approval(), OUT),
        (
            SHOP,
            ask("{{ nodes.shop }}"),
            fetch("more", "https://shop.example.com/{{ nodes.m }}", credential="shop"),
        ),
    ],
)
def test_where_one_is_missing_or_a_person_agrees_there_is_none(nodes: tuple[Node, ...]) -> None:
    assert told(*nodes) == []


@pytest.mark.threat("T-05")
def test_what_a_stored_agent_a_called_flow_and_a_visitor_bring_counts() -> None:
    by_agent = agent(agent_id="kim")
    kim = {"tools": [CRM, WEB | WRITES]}
    assert told(by_agent) == []
    (finding,) = told(by_agent, elsewhere=References(agents={"kim": kim}))
    assert finding.pointer == "/nodes/2/data/agent_id"
    assert "in the stored agent" in finding.message

    called = {"id": "c", "type": "subflow", "data": {"flow_id": "f", "input": {"q": "{{ nodes.shop }}"}}}
    open = References(flows={"f": flow(PAGE, ask("{{ nodes.page }} {{ input.q }}"), OUT)})
    assert told(SHOP, called) == []
    (finding,) = told(SHOP, called, elsewhere=open)
    assert (finding.node, finding.pointer) == ("c", "/nodes/3/data/flow_id")
    guarded = References(flows={"f": flow(PAGE, ask("{{ nodes.page }} {{ input.q }}"), approval(), OUT)})
    assert told(SHOP, called, elsewhere=guarded) == []
    circle = {"id": "c", "type": "subflow", "data": {"flow_id": "f"}}
    assert told(circle, elsewhere=References(flows={"f": flow(circle, SHOP)})) == []

    mailing = agent("send_mail", history=True)
    assert told(mailing) == []
    assert len(told(mailing, elsewhere=References(visited=True))) == 1
    (finding,) = told(mailing, elsewhere=References(files=True))
    assert "files" in finding.message
