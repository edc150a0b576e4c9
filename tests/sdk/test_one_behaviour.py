"""Both SDKs do the same with a server that answers badly: as many attempts, and errors of the same names."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from agenticrag_client import AgenticRAGClient, AgenticRAGError

from tests.sdk.hostile_server import ANSWERS, HostileServer, serve_hostile
from tests.sdk.shared import shared_folder
from tests.sdk.typescript_package import Project, install_package, run

pytestmark = pytest.mark.timeout(400)
KINDS = ("get", "post", "keyed", "stream")
"""A call that changes nothing, one that may not be repeated, one with an idempotency key, and its stream."""
AGAIN, ONCE = (3, 1, 3, 3), (1, 1, 1, 1)
"""Attempts of each kind with two retries."""
BROKEN = (3, 1, 3, 1)
"""The same where a JSON answer breaks: in place of a stream it is refused by its type."""
EXPECTED: dict[str, tuple[str, tuple[int, int, int, int]]] = {
    "400": ("BadRequestError", ONCE),
    "401": ("AuthenticationError", ONCE),
    "403": ("PermissionDeniedError", ONCE),
    "404": ("NotFoundError", ONCE),
    "408": ("APIStatusError", AGAIN),
    "409": ("ConflictError", ONCE),
    "413": ("RequestTooLargeError", ONCE),
    "415": ("UnsupportedMediaTypeError", ONCE),
    "418": ("APIStatusError", ONCE),
    "422": ("UnprocessableEntityError", ONCE),
    "500": ("InternalServerError", ONCE),
    "501": ("InternalServerError", ONCE),
    "502": ("InternalServerError", AGAIN),
    "503": ("ServiceUnavailableError", AGAIN),
    "504": ("InternalServerError", AGAIN),
    "429-seconds": ("RateLimitError", (3, 3, 3, 3)),
    "429-date": ("RateLimitError", (3, 3, 3, 3)),
    "429-nonsense": ("RateLimitError", (3, 3, 3, 3)),
    "reset": ("APIConnectionError", AGAIN),
    "cut": ("APIConnectionError", BROKEN),
    "no-gzip": ("APIConnectionError", BROKEN),
    "no-gzip-400": ("BadRequestError", ONCE),
    "cut-400": ("BadRequestError", ONCE),
    "cut-503": ("ServiceUnavailableError", AGAIN),
    "nothing": ("APIResponseValidationError", ONCE),
    "null": ("APIResponseValidationError", ONCE),
    "silent": ("APITimeoutError", AGAIN),
    "stuck": ("APITimeoutError", BROKEN),
    "302": ("RedirectError", ONCE),
    "307": ("RedirectError", ONCE),
}
"""The error and the attempts. Answers that are fine the second time are compared alone."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The TypeScript SDK, packed and installed into a clean project."""
    return install_package(shared_folder(tmp_path_factory))


def in_python(server: HostileServer, name: str, kind: str) -> str:
    """Return what a call comes to: the name of its error, or ``fine``."""
    client = AgenticRAGClient(
        base_url=f"{server.url}/{name}~{kind}~python", api_key="k", max_retries=2, timeout=4
    )
    try:
        match kind:
            case "get":
                client.agents.list()
            case "post":
                client.agents.create(name="A")
            case "keyed":
                client.chatflows.chat("Hello!")
            case _:
                client.chatflows.chat_stream("Hello!").until_done()
    except AgenticRAGError as error:
        return type(error).__name__
    return "fine"


def test_both_sdks_try_as_often_and_name_the_same_errors(project: Project) -> None:
    cases = [(name, kind) for name in ANSWERS for kind in KINDS]
    with serve_hostile() as server:
        with ThreadPoolExecutor(24) as threads:  # with all at once a busy machine is too slow for some
            under_way = {case: threads.submit(in_python, server, *case) for case in cases}
            python = {case: call.result() for case, call in under_way.items()}
        told = run("node", "one_behaviour.mjs", server.url, *ANSWERS, folder=project.folder, seconds=120)
        typescript = json.loads(told)
        attempts = {
            (name, kind, language): server.requests[f"{name}~{kind}~{language}"]
            for name, kind in cases
            for language in ("python", "typescript")
        }
    # The server's one good answer is a list. Python's models refuse it as an agent or a chat's answer.
    cases = [(name, kind) for name, kind in cases if kind == "get" or not name.endswith("then-fine")]
    differing = {
        f"{name} {kind}": (
            (python[name, kind], attempts[name, kind, "python"]),
            (typescript[f"{name} {kind}"], attempts[name, kind, "typescript"]),
        )
        for name, kind in cases
    }
    assert {case: both for case, both in differing.items() if both[0] != both[1]} == {}
    tried = {name: tuple(attempts[name, kind, "python"] for kind in KINDS) for name in EXPECTED}
    assert {name: (python[name, "get"], tried[name]) for name in EXPECTED} == EXPECTED
    once_more = {name: attempts[name, "get", "python"] for name in ANSWERS if name.endswith("then-fine")}
    assert once_more == {"429-then-fine": 2, "503-then-fine": 2, "500-then-fine": 1, "reset-then-fine": 2}
