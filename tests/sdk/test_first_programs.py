"""Ten first programs in both languages, against a live server, each beside the same program for OpenAI's SDK.

Ours run. OpenAI's are checked against the types of that SDK, those in Python with all other Python here, so
that they are what its users write. Ours is never longer.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from agenticrag_client import AgenticRAGClient, models

from tests.sdk.python_package import Interpreter
from tests.sdk.python_package import run as run_command
from tests.sdk.shared import done_once, shared_folder
from tests.sdk.typescript_package import Project, install_package, run
from tests.server.conftest import Running

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = Path(__file__).parent / "first_programs"
NAMES = sorted(path.stem for path in (PROGRAMS / "python").glob("*.py"))
SLOW = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "sleep", "type": "delay", "data": {"seconds": 30}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "sleep"},
        {"id": "b", "source": "sleep", "target": "end"},
    ],
}
ASKING = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "ask", "type": "human_approval", "data": {"message": "May it go out?"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "ask"},
        {"id": "b", "source": "ask", "sourceHandle": "approved", "target": "end"},
    ],
}

pytestmark = pytest.mark.timeout(400)
"""The first test waits for npm."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The TypeScript SDK, packed and installed into a clean project."""
    return install_package(shared_folder(tmp_path_factory))


@pytest.fixture(scope="module")
def environment(server: Running, key: str) -> dict[str, str]:
    """What the programs find in their environment: the server, a key, and flows to run."""
    with AgenticRAGClient(base_url=server.url, api_key=key) as client:
        return {
            "AGENTICRAG_BASE_URL": server.url,
            "AGENTICRAG_API_KEY": key,
            "SLOW_FLOW": client.agentflows.create("Slow", graph_definition=SLOW).id,
            "ASKING_FLOW": client.agentflows.create("Asking", graph_definition=ASKING).id,
        }


def length(program: Path) -> int:
    """Return how many lines of a program say something."""
    lines = (line.strip() for line in program.read_text("utf-8").splitlines())
    return sum(bool(line) and not line.startswith(("#", "//")) for line in lines)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("ours", "theirs", "ending"), [("python", "openai_python", "py"), ("typescript", "openai_node", "mts")]
)
def test_ours_is_never_longer(name: str, ours: str, theirs: str, ending: str) -> None:
    mine, other = (length(PROGRAMS / folder / f"{name}.{ending}") for folder in (ours, theirs))
    assert 0 < mine <= other
    page = (ROOT / "docs" / "sdk-python.md").read_text("utf-8")
    (row,) = re.findall(rf"^\| {name.replace('_', ' ')} \|.*$", page, re.MULTILINE)
    assert f"| {mine} | {other} |" in row


def prepared(name: str, client: AgenticRAGClient, folder: Path) -> list[str]:
    """Do what a program expects to have been done before it, and return its arguments."""
    match name:
        case "resume":
            with client.chatflows.chat_stream("Say hello.") as stream:
                next(stream)
            return [stream.execution_id, stream.last_event_id]
        case "pagination":
            for number in range(25):
                client.agents.create(f"Agent {number}")
            return []
        case "upload":
            session = client.chatflows.chat("Keep this.").session_id
            file = folder / "talk.json"
            file.write_bytes(client.sessions.download(session, format="json").body)
            return [str(file)]
        case _:
            return []


def assert_did(name: str, told: str, client: AgenticRAGClient) -> None:
    """Look that a program has done what it is for."""
    words = told.split()
    match name:
        case "cancel":
            assert words == ["cancelled"]
        case "resume":
            assert "start" not in words
            assert words[-1] == "done"
        case "pagination":
            assert words == ["0"]
        case "upload":
            assert client.sessions.get_history(words[0]).message_count == 2
        case "approval":
            assert words == ["completed"]
        case "errors":
            assert words[0] == "404"
            assert len(words[1]) == 32
        case _:
            answer: models.ChatAnswer = client.chatflows.chat("Say hello.")
            assert len(told.strip()) > 10 or told.strip() == answer.response


@pytest.mark.parametrize("name", NAMES)
def test_a_python_program_does_what_it_is_for(
    name: str, python: Interpreter, environment: dict[str, str], tmp_path: Path
) -> None:
    with AgenticRAGClient(
        base_url=environment["AGENTICRAG_BASE_URL"], api_key=environment["AGENTICRAG_API_KEY"]
    ) as client:
        arguments = prepared(name, client, tmp_path)
        program = PROGRAMS / "python" / f"{name}.py"
        told = run_command(python.executable, "-W", "error", program, *arguments, cwd=tmp_path, **environment)
        assert_did(name, told, client)


@pytest.mark.parametrize("name", NAMES)
def test_a_typescript_program_does_what_it_is_for(
    name: str, project: Project, environment: dict[str, str], tmp_path: Path
) -> None:
    with AgenticRAGClient(
        base_url=environment["AGENTICRAG_BASE_URL"], api_key=environment["AGENTICRAG_API_KEY"]
    ) as client:
        arguments = prepared(name, client, tmp_path)
        # Beside the programs whose types the project checks: these have Node's.
        (project.folder / "first").mkdir(exist_ok=True)
        shutil.copy(PROGRAMS / "typescript" / f"{name}.mts", project.folder / "first" / f"{name}.mts")
        told = project.node(
            f"first/{name}.mts",
            *arguments,
            AGENTICRAG_BASE_URL=environment["AGENTICRAG_BASE_URL"],
            AGENTICRAG_API_KEY=environment["AGENTICRAG_API_KEY"],
            SLOW_FLOW=environment["SLOW_FLOW"],
            ASKING_FLOW=environment["ASKING_FLOW"],
        )
        assert_did(name, told, client)


def test_the_programs_for_openai_are_what_its_users_write(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    compiler = project.source / "node_modules" / ".bin" / "tsc"
    run(str(compiler), "--project", "tsconfig.json", folder=with_openai(project, tmp_path_factory))


def test_openais_own_client_chats_as_its_page_says(
    project: Project, tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> None:
    page = (ROOT / "docs" / "openai.md").read_text("utf-8")
    (source,) = re.findall(r"^```typescript\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    folder = with_openai(project, tmp_path_factory)
    (folder / "page.mts").write_text(source, encoding="utf-8")
    key = environment["AGENTICRAG_API_KEY"]
    given: dict[str, Any] = {"AGENTICRAG_URL": environment["AGENTICRAG_BASE_URL"], "AGENTICRAG_API_KEY": key}
    with AgenticRAGClient(base_url=given["AGENTICRAG_URL"], api_key=key) as client:
        flow = client.chatflows.create("Page", chat_config={"llm_provider": "demo", "llm_model": "demo"})
        command = ("node", "--experimental-strip-types", "--no-warnings", "page.mts", flow.slug)
        told = run(*command, folder=folder, **given)
        answer = client.chatflows.chat("Hello!", workflow_id=flow.id).response + "\n"
        assert told.startswith(answer)
        assert re.fullmatch(r".+\ntokens: [1-9]\d*\n", told.removeprefix(answer), re.DOTALL)


def with_openai(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the programs for OpenAI's SDK, which is installed there."""
    place = shared_folder(tmp_path_factory) / "first_programs"
    with done_once(place) as first:
        if first:
            for folder in ("openai_node", "typescript"):
                shutil.copytree(PROGRAMS / folder, place / folder, dirs_exist_ok=True)
            (place / "bin").symlink_to(project.source.parent / "bin")
            command = ("npm", "ci", "--ignore-scripts", "--prefer-offline")
            run(*command, folder=place / "openai_node", seconds=200)
            (place / "openai_node" / "node_modules" / "agenticrag-client").symlink_to(project.installed)
            (place / "typescript" / "node_modules").symlink_to(place / "openai_node" / "node_modules")
    return place / "openai_node"
