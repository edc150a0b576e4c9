"""What users of other SDKs reach for: ids, keys, options, errors and raw answers."""

from __future__ import annotations

import asyncio
import email
import inspect
import io
import json
import logging
import pickle
import traceback
import uuid
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

import httpx
import pytest
from stand import Stand, frames, reply

import agenticrag_client
from agenticrag_client import (
    AgenticRAGClient,
    AgenticRAGError,
    APIConfig,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ArgumentError,
    AsyncAgenticRAGClient,
    ConflictError,
    NotFoundError,
    RedirectError,
    RunFailedError,
    models,
)

HOSTILE: List[Any] = [
    *(None, True, 1.5, b"x", ["x"]),
    *("", " ", ".", "..", "a/b", "../x", "a\\b", "%2e%2e", "%2E.", "x%2fy", "nul\0", "line\n", "\x85", "\ud800"),
]
SECRET = "ar_Qk7pSeldomSeenAnywhere"
FAILED = {
    "success": False, "response": "", "error": "The model is away.", "session_id": "s", "message_count": 1,
    "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}, "execution_id": "run-1",
    "response_time": 0.1, "status": "failed", "inputs": [], "citations": [],
}  # fmt: skip


class Sent(httpx.MockTransport):
    """Answers 404 to all that is sent, and remembers its paths."""

    def __init__(self) -> None:
        super().__init__(self.refuse)
        self.paths: List[str] = []

    def refuse(self, request: httpx.Request) -> httpx.Response:
        """Remember a path."""
        self.paths.append(request.url.path)
        return httpx.Response(404, json={})


def ids_of_calls(client: Any, sent: Sent) -> Iterator[Tuple[str, Any, Dict[str, Any], str]]:
    """Yield every call with what it requires, and the names of those arguments that its path holds."""
    for resource in list(vars(client).values()):
        if not type(resource).__module__.endswith("resources"):
            continue
        for name, method in inspect.getmembers(resource, inspect.ismethod):
            given = {
                each.name: b"" if each.annotation == "File" else f"mark-{each.name}"
                for each in inspect.signature(method).parameters.values()
                if each.default is each.empty
            }
            if name.startswith("_") or not given:
                continue
            sent.paths.clear()
            with pytest.raises(NotFoundError):
                first(method, given)
            parts = sent.paths[0].split("/")
            for argument, value in given.items():
                if value in parts:
                    yield f"{type(resource).__name__}.{name}", method, given, argument


def first(method: Any, given: Dict[str, Any]) -> Any:
    """Make a call; of those that go through a list or are asynchronous, what sends the first request."""
    found = method(**given)
    if inspect.isgenerator(found):
        return next(found)
    if inspect.isasyncgen(found):
        return asyncio.run(once(found.__anext__()))
    return asyncio.run(once(found)) if hasattr(found, "__await__") else found


async def once(awaited: Any) -> Any:
    """Await it."""
    return await awaited


@pytest.mark.parametrize("asynchronous", [False, True])
def test_no_call_sends_an_id_that_leads_elsewhere(asynchronous: bool) -> None:
    sent, tried = Sent(), 0
    kind: Any = AsyncAgenticRAGClient if asynchronous else AgenticRAGClient
    http: Any = httpx.AsyncClient if asynchronous else httpx.Client
    client = kind(base_url="http://x", http_client=http(transport=sent))
    for name, method, given, argument in ids_of_calls(client, sent):
        sent.paths.clear()  # what was sent to find the ids
        for hostile in HOSTILE:
            with pytest.raises(ArgumentError, match=argument):
                first(method, {**given, argument: hostile})
        assert sent.paths == [], name
        tried += 1
    assert tried > 90


def test_numbers_and_uuids_are_ids_too(stand: Stand) -> None:
    name = uuid.uuid4()
    stand.replies = [reply({}, 404), reply({}, 404), reply({}, 404)]
    with AgenticRAGClient(stand.config, max_retries=0) as client:
        for call in (
            lambda: client.agents.get(name),
            lambda: client.agents.get(17),
            lambda: client.chatflows.chat("Hi", session_id=name, workflow_id=17),
        ):
            with pytest.raises(NotFoundError):
                call()
    assert [path.rpartition("/")[2] for _, path, _, _ in stand.asked] == [str(name), "17", "chat"]
    assert json.loads(stand.asked[2][3]) == {"message": "Hi", "session_id": str(name), "workflow_id": "17"}


def test_ids_in_queries_and_bodies_are_refused_like_those_in_addresses_and_names_are_not() -> None:
    sent = Sent()
    client = AgenticRAGClient(base_url="http://x", http_client=httpx.Client(transport=sent))
    tried: List[Tuple[str, Callable[[Any], Any]]] = [
        ("flow_id", lambda each: client.executions.list(flow_id=each)),
        ("workflow_id", lambda each: client.chatflows.chat("Hi", workflow_id=each)),
        ("execution_id", lambda each: client.flows.run_node("f", "n", execution_id=each)),
    ]
    for name, call in tried:
        for hostile in HOSTILE[1:]:
            with pytest.raises(ArgumentError, match=name):
                call(hostile)
    assert sent.paths == []
    with pytest.raises(NotFoundError):
        client.chatflows.chat("Hi", workflow_id=None, session_id="team/ann")
    with pytest.raises(NotFoundError):
        client.cost_tracking.record("p", "m", 1, 1, node_id="")
    assert len(sent.paths) == 2


def shown(error: BaseException) -> str:
    """Return all that programs show of an error: its texts and its traceback, with variables where it was sent."""
    stack = traceback.TracebackException.from_exception(error, capture_locals=not isinstance(error, ArgumentError))
    return "".join([str(error), repr(error), repr(error.args), *stack.format()])


@pytest.mark.parametrize("key", [f"{SECRET}\n", f" {SECRET}\r\n", f"{SECRET}"])
def test_a_key_read_with_its_line_end_is_sent_without(key: str, stand: Stand) -> None:
    stand.replies = [reply({"workflows": [], "total": 0})]
    with AgenticRAGClient(base_url=stand.config.base_url, api_key=key) as client:
        client.workflows.list()
        assert SECRET not in repr(client) + repr(client.config) + repr(vars(client))
    assert stand.asked[0][2]["Authorization"] == f"Bearer {SECRET}"


def test_no_error_shows_a_key(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "agenticrag_client")
    stand.replies = [reply({"detail": "no"}, 500), reply({"detail": "no"}, 401)]
    found: List[BaseException] = []

    def call(make: Callable[[], Any]) -> None:
        with pytest.raises(AgenticRAGError) as raised:
            make()
        found.append(raised.value)

    call(lambda: AgenticRAGClient(api_key=f"{SECRET}\n{SECRET}"))
    call(lambda: AgenticRAGClient(api_key=f"{SECRET}é"))
    call(lambda: AgenticRAGClient(base_url=f"http://me:{SECRET}@127.0.0.1"))
    call(lambda: AgenticRAGClient(base_url=f"http://127.0.0.1/?token={SECRET}"))
    client = AgenticRAGClient(stand.config, api_key=SECRET, max_retries=0)
    call(lambda: client.workflows.list(extra_headers={"X-Other": f"{SECRET}\n{SECRET}"}))
    call(lambda: client.workflows.list())
    call(lambda: client.chatflows.chat_stream("Hi"))
    call(lambda: client.with_options(base_url="http://127.0.0.1:9").workflows.list())
    call(lambda: client.with_options(base_url="http://127.0.0.1:9").chatflows.chat_stream("Hi"))
    for error in found:
        own = "".join(part for part in shown(error).split("File ") if "test_calls.py" not in part)
        assert SECRET not in own, type(error)
        assert SECRET not in str(error) + repr(error)
    assert SECRET not in caplog.text
    assert "GET /api/agent-builder/workflows 500" in caplog.text


def test_a_new_key_is_not_in_its_repr() -> None:
    key = models.MadeKey(
        id="k", name="n", prefix="ar_", role="admin", scopes=None, user_id=None, created_at="", last_used_at=None,
        expires_at=None, revoked_at=None, flow_id=None, on_disconnect=None, key=SECRET,
    )  # fmt: skip
    assert key.key == SECRET
    assert SECRET not in repr(key)
    assert SECRET not in repr(models.TicketView(SECRET, "2026-01-01T00:00:00Z"))
    assert SECRET not in repr(models.ChatOptions(api_key=SECRET))


def test_addresses_that_are_none_are_refused_at_once() -> None:
    for address in ("localhost:8000", "https://a b", "//x", "agents.example", "ftp://x", "http://", "http://u:p@x", "http://x/?a=b"):
        with pytest.raises(ArgumentError, match="base_url"):
            AgenticRAGClient(base_url=address)
    for odd in (b"http://x", Path("/x"), 3):
        with pytest.raises(ArgumentError, match="base_url"):
            AgenticRAGClient(base_url=odd)  # type: ignore[arg-type, unused-ignore]
    assert AgenticRAGClient(base_url=httpx.URL("http://x/y/")).config.base_url == "http://x/y"
    assert issubclass(ArgumentError, ValueError)


def test_options_that_are_none_are_refused_at_once(stand: Stand) -> None:
    odd: List[Dict[str, Any]] = [
        *({"timeout": each} for each in (-1, "5", True, float("nan"))),
        *({"max_retries": each} for each in (-1, "3", 1.5)),
    ]
    with AgenticRAGClient(stand.config) as client:
        for given in odd:
            with pytest.raises(ArgumentError, match=next(iter(given))):
                AgenticRAGClient(stand.config, **given)
            with pytest.raises(ArgumentError, match=next(iter(given))):
                client.workflows.list(**given)
        with pytest.raises(ArgumentError, match="http_client"):
            client.with_options(http_client=httpx.AsyncClient())  # type: ignore[arg-type, unused-ignore]
        for value in (None, b"x", 1.5):
            headers: Dict[str, Any] = {"X-App": value}
            with pytest.raises(ArgumentError, match="X-App"):
                client.workflows.list(extra_headers=headers)
        for key in (b"x", 3):
            with pytest.raises(ArgumentError, match="api_key"):
                client.with_options(api_key=key)  # type: ignore[arg-type, unused-ignore]
    assert stand.asked == []


def test_a_client_may_differ_in_each_of_its_options(stand: Stand) -> None:
    stand.replies = [reply({"workflows": [], "total": 0})]
    with AgenticRAGClient(stand.config, stream_timeout=9) as client, httpx.Client() as http:
        other = client.with_options(stream_timeout=8, max_reconnects=1, http_client=http)
        assert (client.config.stream_timeout, other.config.stream_timeout, other.config.max_reconnects) == (9, 8, 1)
        client.close()
        other.workflows.list()


def test_the_environment_says_what_the_caller_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTICRAG_BASE_URL", "https://agents.example/")
    monkeypatch.setenv("AGENTICRAG_API_KEY", "of the environment".replace(" ", "-"))
    for config in (AgenticRAGClient().config, APIConfig()):
        assert (config.base_url, config.api_key) == ("https://agents.example", "of-the-environment")
    config = AgenticRAGClient(base_url="http://here", api_key="").config
    assert (config.base_url, config.api_key) == ("http://here", "")
    monkeypatch.delenv("AGENTICRAG_BASE_URL")
    assert AgenticRAGClient().config.base_url == "http://localhost:8000"


def test_one_call_may_have_headers_time_and_repetitions_of_its_own(stand: Stand) -> None:
    stand.replies = [reply({}, 503, Retry_After="0"), reply({"workflows": [], "total": 0}), reply({}, 503)]
    with AgenticRAGClient(stand.config, max_retries=0, default_headers={"X-App": "a", "X-Team": "t"}) as client:
        client.workflows.list(max_retries=1, timeout=5, extra_headers={"X-App": "b"})
        with pytest.raises(agenticrag_client.ServiceUnavailableError):
            client.workflows.list(timeout=httpx.Timeout(5, connect=1))
    assert [headers["X-App"] for _, _, headers, _ in stand.asked] == ["b", "b", "a"]
    assert stand.asked[0][2]["X-Team"] == "t"


def test_time_is_what_the_call_says_else_the_client_else_its_own_httpx(stand: Stand) -> None:
    asked: List[Any] = []

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json={"workflows": [], "total": 0})

    for own, given, call, expected in (
        (httpx.Timeout(7.0), {}, {}, 7.0),
        (httpx.Timeout(7.0), {"timeout": 8.0}, {}, 8.0),
        (httpx.Timeout(7.0), {"timeout": 8.0}, {"timeout": httpx.Timeout(9.0)}, 9.0),
        (httpx.Timeout(5.0), {}, {}, 120.0),
        (httpx.Timeout(5.0), {"timeout": None}, {}, None),
    ):
        with httpx.Client(transport=httpx.MockTransport(note), timeout=own) as http:
            options: Dict[str, Any] = given
            client = AgenticRAGClient(base_url="http://x", http_client=http, **options)
            client.workflows.list(**call)
            client.with_options(max_retries=1).workflows.list(**call)
        assert asked == [expected, expected]
        asked.clear()


def test_a_repetition_waits_for_the_answer_of_the_first_attempt(stand: Stand) -> None:
    busy = reply({"code": "in_flight", "execution_id": "run-1"}, 409, Retry_After="0.01")
    stand.replies = [*[busy] * 5, reply({**FAILED, "success": True, "status": "completed", "error": None})]
    with AgenticRAGClient(stand.config, max_retries=0) as client:
        assert client.chatflows.chat("Hi", idempotency_key="mine").success
        stand.replies = [busy] * 1000
        with pytest.raises(APITimeoutError, match="run-1.*idempotency_key='mine'"):
            client.chatflows.chat("Hi", idempotency_key="mine", timeout=0.5)
        stand.replies = [reply({"code": "idempotency_conflict", "title": "", "type": "", "status": 409, "detail": ""}, 409)]
        with pytest.raises(ConflictError):
            client.chatflows.chat("Hi", idempotency_key="mine")
    assert {headers["Idempotency-Key"] for _, _, headers, _ in stand.asked} == {"mine"}


def test_errors_have_names_numbers_and_go_through_pickle(stand: Stand) -> None:
    problem = {"type": "urn:x", "title": "Gone", "status": 404, "detail": "No.", "code": "not_found"}
    stand.replies = [reply(problem, 404, X_Request_Id="req-7", Retry_After="1.5")]
    with AgenticRAGClient(stand.config) as client, pytest.raises(NotFoundError) as raised:
        client.workflows.get("w")
    for error in (raised.value, pickle.loads(pickle.dumps(raised.value))):
        assert isinstance(error, NotFoundError)
        assert (error.status_code, error.status, error.code, error.request_id) == (404, 404, "not_found", "req-7")
        assert (error.retry_after, error.problem.detail, "req-7" in str(error)) == (1.5, "No.", True)
    assert raised.value.response is not None
    others = [
        APIConnectionError("no"), APITimeoutError("late"), agenticrag_client.StreamBrokenError("cut", "e:1"),
        RunFailedError("bad", "code", "run-1", {"a": 1}), ArgumentError("what"),
    ]  # fmt: skip
    for other in others:
        back = pickle.loads(pickle.dumps(other))
        assert (type(back), str(back), vars(back)) == (type(other), str(other), vars(other))


def test_an_address_in_place_of_a_configuration_is_told(stand: Stand) -> None:
    for make in (AgenticRAGClient, AsyncAgenticRAGClient):
        with pytest.raises(ArgumentError, match="takes an APIConfig; found str") as raised:
            make(stand.config.base_url)  # type: ignore[arg-type, unused-ignore]
        assert raised.value.message == str(raised.value)


def test_names_of_earlier_versions_are_the_same_classes() -> None:
    for old, new in {
        "BadRequest": "BadRequestError", "NotAuthenticated": "AuthenticationError", "NotFound": "NotFoundError",
        "NotAllowed": "PermissionDeniedError", "Conflict": "ConflictError", "TooLarge": "RequestTooLargeError",
        "Invalid": "UnprocessableEntityError", "TooManyRequests": "RateLimitError", "StatusError": "APIStatusError",
        "ServerError": "InternalServerError", "Unavailable": "ServiceUnavailableError", "TimedOut": "APITimeoutError",
        "ConnectionFailed": "APIConnectionError", "StreamBroken": "StreamBrokenError",
        "UnexpectedAnswer": "APIResponseValidationError", "WaitTimedOut": "WaitTimeoutError",
    }.items():  # fmt: skip
        assert getattr(agenticrag_client, old) is getattr(agenticrag_client, new)


def test_a_redirect_is_told(stand: Stand) -> None:
    for to, told in (
        ("https://elsewhere.example/api/agent-builder/workflows?token=x", "give 'https://elsewhere.example' as base_url"),
        ("https://elsewhere.example/login?token=x", "'https://elsewhere.example/login', and .* the API's own address"),
        ("/login", "'/login', and .* the API's own address"),
        ("", "nowhere that it names"),
    ):
        stand.replies = [(308, {"Location": to}, b"")]
        with AgenticRAGClient(stand.config) as client, pytest.raises(RedirectError, match=told) as raised:
            client.workflows.list()
        assert "token=x" not in str(raised.value)


def test_an_answer_may_be_had_as_it_came(stand: Stand) -> None:
    stand.replies = [reply({"workflows": [], "total": 0}, X_Request_Id="req-9")] * 2
    with AgenticRAGClient(stand.config) as client:
        answer = client.workflows.with_raw_response.list(limit=5)
        assert (answer.status_code, answer.request_id, answer.json()["total"]) == (200, "req-9", 0)
        assert answer.parse() == client.workflows.list()
        stand.replies = [reply({}, 404)]
        with pytest.raises(NotFoundError):
            client.workflows.with_raw_response.get("w")


def test_files_come_in_every_way(stand: Stand, tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    path.write_bytes(b"{}")
    with path.open("rb") as opened, AgenticRAGClient(stand.config) as client:
        for file, name, media in (
            (b"{}", "file", "application/octet-stream"),
            (path, "talk.json", "application/octet-stream"),
            (str(path), "talk.json", "application/octet-stream"),
            (opened, "talk.json", "application/octet-stream"),
            (bytearray(b"{}"), "file", "application/octet-stream"),
            (("mine.json", "{}"), "mine.json", "application/octet-stream"),
            (("mine.json", path, "application/json"), "mine.json", "application/json"),
            (("mine.json", b"{}"), "mine.json", "application/octet-stream"),
            (("mine.json", b"{}", None), "mine.json", "application/octet-stream"),
            (("mine.json", b"{}", "application/json"), "mine.json", "application/json"),
            (("mine.json", io.BytesIO(b"{}"), "application/json"), "mine.json", "application/json"),
        ):
            stand.replies = [reply({}, 404)]
            with pytest.raises(NotFoundError):
                client.sessions.import_file(file)  # type: ignore[arg-type, unused-ignore]
            body = stand.asked[-1][3]
            assert f'filename="{name}"'.encode() in body
            assert f"Content-Type: {media}".encode() in body
            assert b"\r\n\r\n{}\r\n" in body


def test_what_is_no_file_is_refused(stand: Stand, tmp_path: Path) -> None:
    text = tmp_path / "talk.json"
    text.write_bytes(b"{}")
    with text.open() as opened, AgenticRAGClient(stand.config) as client:
        for file in (None, 3, ["x"], ("mine.json", 3), ("mine.json", None), opened, ("mine.json", opened)):
            with pytest.raises(ArgumentError, match="'file' takes a file"):
                client.sessions.import_file(file)  # type: ignore[arg-type, unused-ignore]
    assert stand.asked == []


def test_a_closed_client_says_so(stand: Stand) -> None:
    client = AgenticRAGClient(stand.config)
    client.close()
    for call in (client.workflows.list, lambda: client.chatflows.chat_stream("Hi")):
        with pytest.raises(AgenticRAGError, match="closed"):
            call()


def test_waiting_takes_what_every_call_takes(stand: Stand) -> None:
    stand.replies = [reply({}, 503), reply({}, 404)]
    with AgenticRAGClient(stand.config) as client:
        for expected in (agenticrag_client.ServiceUnavailableError, NotFoundError):
            with pytest.raises(expected):
                client.executions.wait("e", max_retries=0, extra_headers={"X-App": "b"})
    assert [headers["X-App"] for _, _, headers, _ in stand.asked] == ["b", "b"]


def test_a_form_holds_files_and_texts_that_are_given(stand: Stand) -> None:
    name = uuid.uuid4()
    stand.replies = [reply({}, 404)] * 4
    with AgenticRAGClient(stand.config, max_retries=0) as client:
        for given in (
            {"file": ("pump.md", b"# Pump"), "name": "Pump 7 é", "metadata": {"year": 2026}},
            {"text": "# Pump"},
            {"file_id": name},
            {},
        ):
            options: Dict[str, Any] = given
            with pytest.raises(NotFoundError):
                client.knowledge_bases.add_document("k", **options)
        with pytest.raises(ArgumentError, match="surrogate"):
            client.knowledge_bases.add_document("k", text="\ud800")
    found: List[Dict[str, Tuple[Any, Any]]] = []
    for _, _, headers, body in stand.asked:
        message = email.message_from_bytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body)
        parts: Any = message.get_payload() if message.is_multipart() else []
        assert message.get_content_type() == "multipart/form-data"
        found.append(
            {
                str(part.get_param("name", header="content-disposition")): (
                    part.get_filename(), part.get_payload(decode=True)
                )
                for part in parts
            }
        )  # fmt: skip
    assert found == [
        {
            "file": ("pump.md", b"# Pump"),
            "name": (None, "Pump 7 é".encode()),
            "metadata": (None, b'{"year": 2026}'),
        },
        {"text": (None, b"# Pump")},
        {"file_id": (None, str(name).encode())},
        {},
    ]


def test_a_run_that_fails_is_an_exception_for_who_wants_one(stand: Stand) -> None:
    stand.replies = [reply(FAILED)] * 3
    with AgenticRAGClient(stand.config, raise_on_failure=True) as client:
        assert not client.chatflows.chat("Hi", raise_on_failure=False).success
        with pytest.raises(RunFailedError, match=r"The model is away\.") as raised:
            client.chatflows.chat("Hi")
        assert (raised.value.execution_id, raised.value.code, raised.value.answer.success) == ("run-1", "failed", False)
        assert not client.with_options(raise_on_failure=False).chatflows.chat("Hi").success
        told = {"type": "error", "error": "Too deep.", "code": "cap", "session_id": "s", "execution_id": "run-2"}
        stand.replies = [(200, {"X-Execution-Id": "run-2"}, frames(("run-2:1", told)))]
        with pytest.raises(RunFailedError, match=r"Too deep\."):
            client.chatflows.chat_stream("Hi").until_done()


def test_what_json_cannot_hold_is_refused(stand: Stand) -> None:
    with AgenticRAGClient(stand.config) as client:
        for value in (float("nan"), "\ud800", b"bytes", {1, 2}):
            with pytest.raises(ArgumentError):
                client.workflows.execute("w", {"input": value})
    assert stand.asked == []


def test_a_problem_of_a_proxy_is_an_error_too(stand: Stand) -> None:
    stand.replies = [(502, {"Content-Type": "text/html"}, b"<h1>proxy</h1>")]
    with AgenticRAGClient(stand.config, max_retries=0) as client, pytest.raises(APIStatusError, match="proxy") as raised:
        client.workflows.list()
    assert (raised.value.status_code, raised.value.code) == (502, "")
