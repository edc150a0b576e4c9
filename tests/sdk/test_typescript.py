"""The TypeScript SDK: checked, built, packed, installed into a clean project, and used on a live server."""

import asyncio
import gzip
import json
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sdk_templates.document import read_api
from sdk_templates.flows import FlowMethod, Question
from sdk_templates.model import (
    Api,
    Binary,
    Field,
    Free,
    Kind,
    ListOf,
    MapOf,
    Model,
    Nullable,
    OneOf,
    Operation,
    Parameter,
    Plain,
    Ref,
    Stream,
    Words,
)
from sdk_templates.names import camel
from sdk_templates.printing import print_sdk
from tests.durability.proxy import Proxy
from tests.sdk.shared import shared_folder
from tests.sdk.typescript_package import Project, install_package
from tests.server.conftest import Running

ROOT = Path(__file__).parent.parent.parent
PAGES = [
    ROOT / "docs" / "sdk-typescript.md",
    ROOT / "sdks" / "typescript" / "README.md",
    ROOT / "tests" / "sdk" / "seed.md",
]
GRAPH = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "say", "type": "template", "data": {"template": "Hello"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "1", "source": "start", "target": "say"},
        {"id": "2", "source": "say", "target": "end"},
    ],
}
ASKS = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "ask", "type": "human_approval", "data": {"message": "Go on?"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "1", "source": "start", "target": "ask"},
        {"id": "2", "source": "ask", "sourceHandle": "approved", "target": "end"},
        {"id": "3", "source": "ask", "sourceHandle": "rejected", "target": "end"},
    ],
}
SITE = "https://shop.example"
FLOW_FILE = {"format": "agenticrag.flow", "version": 1}

FOR_PEOPLE = ("getAnswerPage", "answerByMail")
"""What answers with pages, errors too."""


pytestmark = pytest.mark.timeout(400)
"""The first test waits for npm."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The SDK, packed and installed into a clean project."""
    return install_package(shared_folder(tmp_path_factory))


@pytest.fixture(scope="module")
def api(openapi: str) -> Api:
    return read_api(json.loads(openapi))


@contextmanager
def cutting(server: Running, *, after: int) -> Generator[str]:
    """Give the address of a way to a server that ends every connection after so many bytes of answer."""
    ready, done = threading.Event(), threading.Event()
    urls: list[str] = []

    async def forward() -> None:
        async with Proxy("127.0.0.1", server.port) as proxy:
            proxy.cut_after = after
            urls.append(f"http://127.0.0.1:{proxy.port}")
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(forward()))
    thread.start()
    try:
        assert ready.wait(10)
        yield urls[0]
    finally:
        done.set()
        thread.join(10)


def test_the_package_is_what_npm_and_typescript_want(project: Project) -> None:
    strict = json.loads((project.source / "tsconfig.json").read_text())["compilerOptions"]
    checks = ("strict", "exactOptionalPropertyTypes", "noUncheckedIndexedAccess")
    assert [name for name in checks if not strict[name]] == []
    assert "All good" in project.tool("publint", str(project.tarball))
    assert "No problems found" in project.tool("attw", str(project.tarball))
    files = {path.relative_to(project.installed).parts[0] for path in project.installed.rglob("*")}
    assert files == {"CHANGELOG.md", "LICENSE", "README.md", "dist", "package.json", "react", "socket"}
    described = json.loads((project.installed / "package.json").read_text())
    assert "dependencies" not in described
    assert "http" not in (project.source / "package-lock.json").read_text()


def test_a_plain_client_loads_little_and_nothing_of_react_and_sockets(project: Project) -> None:
    """`make runtimes` measures a bundle; here, modules are counted without comments."""
    modules: dict[str, str] = {}
    wanted = ["client.js"]
    while wanted:
        name = wanted.pop()
        if name not in modules:
            modules[name] = (project.installed / "dist" / "esm" / name).read_text("utf-8")
            wanted += re.findall(r"from '\./([\w.]+)'", modules[name])
    assert {"resources.js", "calls.js"} <= set(modules)
    assert {"socket.js", "chat.js", "use_chat.js", "react.js"} & set(modules) == set()
    code = re.sub(
        r"^\s*(/\*.*?\*/|//[^\n]*)", "", "\n".join(modules.values()), flags=re.MULTILINE | re.DOTALL
    )
    whole = re.sub(r"^\s+", "", code, flags=re.MULTILINE).encode()
    assert len(gzip.compress(whole, 9, mtime=0)) <= 15_300  # 12.3 kB, bundled and minified


def test_its_own_tests_pass(project: Project) -> None:
    assert re.search(r"^\S fail 0$", project.npm("test"), re.MULTILINE)


def test_every_operation_of_the_document_is_called(
    project: Project, server: Running, key: str, api: Api, tmp_path: Path
) -> None:
    ids = made(project, server, key, tmp_path)
    # What takes things away comes last, and what has more of a path before what has less of it.
    order = sorted(api.operations, key=lambda each: (each.verb == "delete", -len(each.path)))
    plan = [call(operation, api, ids) for operation in order]
    outcomes = {each["id"]: each for each in play(project, server, key, plan, tmp_path)}
    assert set(outcomes) == {operation.id for operation in api.operations}
    wrong: dict[str, Any] = {}
    for operation in api.operations:
        outcome = outcomes[operation.id]
        where = re.sub(r"{\w+}", "[^/]+", operation.url)
        (sent, *more) = outcome["sent"]
        assert not more, outcome
        assert sent["method"] == operation.verb.upper()
        assert re.fullmatch(where, sent["path"]), outcome
        problem = outcome.get("problem")
        if problem is not None and (
            problem["status"] not in operation.statuses
            or (
                problem["code"] in ("no_such_address", "malformed", "media_type", "")
                and operation.id not in FOR_PEOPLE
            )
        ):
            wrong[operation.id] = problem
    assert wrong == {}
    refused = {name: each["problem"] for name, each in outcomes.items() if "problem" in each}
    assert {name: refused[name] for name in SUCCEED & set(refused)} == {}


SUCCEED = frozenset(
    {
        "attachAgent", "beginVisitorSession", "cancelExecution", "chat", "chatEventSource", "chatStream",
        "chatWithFlow", "chatWithFlowStream", "costDashboard", "createAgent", "createAgentflow",
        "createBudget", "createChatflow", "deleteAgent", "deleteAgentflow", "drawExecution", "drawFlow",
        "embedCancel", "embedChat", "embedChatResume", "embedChatStream", "embedFeedback", "embedHistory",
        "executeAgentflow", "executeAgentflowStream", "executeFlow", "executeWorkflow", "exportFlow",
        "exportSession", "followExecution", "getAgentflow", "getEmbedConfig", "getEmbedPage", "getExecution",
        "getFlow", "getSessionHistory", "getWidgetModule", "getWidgetScript",
        "health", "listAgents", "listExecutions", "listFlows", "listSessions", "listTools", "listWorkflows",
        "metricsJson", "metricsPrometheus", "metricsSummary", "readExecutionLogs", "setPricing",
        "streamExecution", "updateAgent", "updateAgentflow", "validateFlow",
    }
)  # fmt: skip
"""Operations that the plan's things are enough for; others may be refused, if by a problem of their own."""


def made(project: Project, server: Running, key: str, folder: Path) -> dict[str, str]:
    """Store one thing of each kind through the SDK, and return their ids by the names that paths use."""
    chat = {"message": "Hello", "sessionId": "plan", "config": {"provider": "demo", "model": "demo"}}
    budget = {"name": "b", "period": "day", "amount": 5}
    first = play(
        project,
        server,
        key,
        [
            step("flow_id", "agentflows", "create", [{"name": "plan", "graphDefinition": GRAPH}]),
            step("chatflow_id", "chatflows", "create", [{"name": "plan talk"}]),
            step("agent_id", "agents", "create", [{"name": "plan agent"}]),
            step("budget_id", "costTracking", "createBudget", [budget]),
            step("session_id", "chatflows", "chat", [chat]),
        ],
        folder,
    )
    answers = {each["id"]: each["answer"] for each in first}
    ids = {name: answer["id"] for name, answer in answers.items() if name != "session_id"}
    flow = ids["flow_id"]
    second = play(
        project,
        server,
        key,
        [
            step("attached_id", "agentflows", "attachAgent", [flow, {"name": "Writer"}]),
            step("execution_id", "agentflows", "execute", [flow, {}]),
            step("embed", "embeds", "put", [{"chatflowId": ids["chatflow_id"], "allowedDomains": [SITE]}]),
        ],
        folder,
    )
    ids["attached_id"] = second[0]["answer"]["id"]
    ids["execution_id"] = second[1]["answer"]["executionId"]
    ids["embed_token"] = second[2]["answer"]["embedToken"]
    said = {"message": "Hello", "origin": SITE}
    (visit,) = play(
        project, server, key, [step("visit", "embeds", "visitorChat", [ids["embed_token"], said])], folder
    )
    ids |= {"visitor_session": visit["answer"]["sessionId"], "visitor_run": visit["answer"]["executionId"]}
    return {**ids, "session_id": answers["session_id"]["sessionId"], "workflow_id": flow}


def step(name: str, resource: str, method: str, given: list[Any]) -> dict[str, Any]:
    return {"id": name, "resource": resource, "method": method, "input": given, "streams": False}


def play(
    project: Project, server: Running, key: str, plan: list[dict[str, Any]], folder: Path
) -> list[dict[str, Any]]:
    """Make the calls of a plan and return what came of each."""
    file = folder / "plan.json"
    file.write_text(json.dumps(plan))
    return json.loads(
        project.node("everything.mjs", str(file), AGENTICRAG_URL=server.url, AGENTICRAG_KEY=key)
    )


def call(operation: Operation, api: Api, ids: dict[str, str]) -> dict[str, Any]:
    """Return a call of an operation with something for all that it requires."""
    models = {model.name: model for model in api.models}
    given: list[Any] = [path_value(operation, each, ids) for each in operation.path]
    if operation.body is not None and operation.body.leading:
        given.append({})
    required: dict[str, Any] = {}
    if operation.headers:  # a visitor's
        wanted = {"visitor_session": ids["visitor_session"], "origin": SITE}
        required = {camel(each.name): wanted[each.name] for each in operation.headers}
    for each in (*operation.query, *(operation.body.fields if operation.body else ())):
        if each.required or each.name in WANTED.get(operation.id, {}):
            value = WANTED.get(operation.id, {}).get(each.name, sample(each.kind, models))
            of_visitor = operation.headers and each.name == "execution_id"
            required[camel(each.name)] = ids["visitor_run"] if of_visitor else value
    if required:
        given.append(required)
    streams = isinstance(operation.answer, Stream)
    return {
        **step(operation.id, camel(operation.resource), camel(operation.method), given),
        "streams": streams,
    }


WANTED: dict[str, dict[str, Any]] = {
    "createAgentflow": {"graph_definition": GRAPH},
    "getWidgetModule": {"name": "client.js"},
    "setPricing": {"input_price_per_1k": 0.1, "output_price_per_1k": 0.1},
    "importFlow": {"file": json.dumps(FLOW_FILE)},
}
"""What some calls need beside a sample of each required field."""


def path_value(operation: Operation, parameter: Parameter, ids: dict[str, str]) -> str:
    is_chatflow = "chatflow" in operation.url
    if parameter.name in ("flow_id", "workflow_id") and is_chatflow:
        return ids["chatflow_id"]
    wanted = WANTED.get(operation.id, {})
    return wanted.get(parameter.name) or ids.get(parameter.name, "00000000-0000-4000-8000-000000000000")


def sample(kind: Kind, models: dict[str, Model]) -> Any:
    """Return a value of a kind."""
    match kind:
        case Plain(name="string"):
            return "sample"
        case Plain(name="boolean"):
            return False
        case Plain():
            return 1
        case Free() | Nullable():
            return None
        case Binary():
            return "{}"
        case Words(values=values):
            return values[0]
        case ListOf(items=items):
            return [sample(items, models)]
        case MapOf():
            return {}
        case Ref(name=name):
            return sampled(models[name].fields, models)
        case OneOf(members=members):
            return sample(members[0], models)


def sampled(fields: tuple[Field, ...], models: dict[str, Model]) -> dict[str, Any]:
    return {camel(field.name): sample(field.kind, models) for field in fields if field.required}


def test_chats_streams_cuts_questions_and_errors(project: Project, server: Running, key: str) -> None:
    with cutting(server, after=2500) as cut:
        told = project.node(
            "--test",
            "talks.test.mjs",
            AGENTICRAG_URL=server.url,
            AGENTICRAG_KEY=key,
            AGENTICRAG_CUT_URL=cut,
        )
    assert re.search(r"^\S fail 0$", told, re.MULTILINE), told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_snippets_of_a_page_run_as_they_stand(
    page: Path, project: Project, server: Running, key: str, tmp_path: Path
) -> None:
    plan = [step("flow", "agentflows", "create", [{"name": "snippets", "graphDefinition": ASKS}])]
    (made,) = play(project, server, key, plan, tmp_path)
    flow = made["answer"]["id"]
    given = {
        "http://localhost:8000": server.url,
        "your-api-key": key,
        "'workflow-id'": f"'{flow}'",
        "'flow-id'": f"'{flow}'",
    }
    told = project.node(project.write(page, given))
    assert ("no-such" in told) == ("no-such" in page.read_text("utf-8"))


def test_the_snippets_compile_and_mistakes_do_not(project: Project) -> None:
    for page in PAGES:
        project.write(page, {})
    project.check()


def test_a_flow_of_ones_own_is_a_typed_method(
    project: Project, server: Running, key: str, api: Api, tmp_path: Path
) -> None:
    graph = json.loads(json.dumps(ASKS))
    inputs = [{"name": "ticket_text", "required": True}, {"name": "is_urgent", "type": "boolean"}]
    graph["nodes"][0]["data"] = {"inputs": inputs}
    graph["nodes"][1]["data"] |= {"schema": {"type": "string"}, "show": "input.ticket_text"}
    plan = [step("flow", "agentflows", "create", [{"name": "triage", "graphDefinition": graph}])]
    (made,) = play(project, server, key, plan, tmp_path)
    text = Plain("string")
    flow = FlowMethod(
        name="support_triage",
        id=made["answer"]["id"],
        title="Support triage",
        description="It sorts what comes.",
        input=(
            Field("ticket_text", text, required=True, description="What came."),
            Field("is_urgent", Plain("boolean"), required=False),
        ),
        output=text,
        questions=(Question("ask", "ask", "Go on?", ("approve", "edit", "reject"), text),),
    )
    tree = project.beside("flows", print_sdk(api, "typescript", (flow,)))
    assert tree.tool("tsc", "--project", "tsconfig.esm.json") == ""
    assert tree.tool("tsc", "--project", "flows/tsconfig.json") == ""
    told = tree.node("flows/own.mts", AGENTICRAG_URL=server.url, AGENTICRAG_KEY=key)
    asked, ended, started = told.splitlines()
    assert (asked, started) == ("waiting_approval Go on?", "start")
    assert ended.startswith('completed {"ticket_text":"It broke."} ')
    assert '"value":"urgent"' in ended


def test_it_can_be_required(project: Project, server: Running, key: str) -> None:
    assert project.node("required.cjs", AGENTICRAG_URL=server.url, AGENTICRAG_KEY=key) == "fine\n"
