"""A model that hangs, breaks off, refuses and talks nonsense, as those see it who talk to the server."""

import contextlib
import socket
from collections.abc import Generator
from typing import Any

import httpx
import msgspec
import psutil

from tests.durability.chats import Said, chat, many
from tests.durability.conftest import Serve
from tests.durability.rows import fault
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

TEXT = "the whole answer in ten words that nobody may cut"
HANG = {
    "AGENTICRAG_MODEL_CONNECT_SECONDS": "1.5",
    "AGENTICRAG_MODEL_FIRST_TOKEN_SECONDS": "2",
    "AGENTICRAG_MODEL_IDLE_SECONDS": "2.5",
    "AGENTICRAG_MODEL_TOTAL_SECONDS": "20",
    "AGENTICRAG_MODEL_ATTEMPTS": "1",
}
SPARE = 12
"""Good calls for each that is made to fail, where repetitions must stay under a tenth of all calls."""


async def started(server: ServerProcess) -> ServerProcess:
    await server.create_key()
    await server.start()
    return server


def requests(fake: FakeOpenAI) -> int:
    return sum(one.path.endswith("/chat/completions") for one in fake.log)


@contextlib.contextmanager
def deaf() -> Generator[str]:
    """Give the address of a port that takes no connection: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(address)
        yield f"http://127.0.0.1:{address[1]}/v1"


@fault(
    "F-09",
    "A model that takes no connection, says nothing, or falls silent",
    "the right class of error every time; chats beside go on",
    ci=8,
    full=80,
)
async def test_a_silent_model_fails_in_time_and_only_its_own_runs(
    trial: Trial, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True)
    with deaf() as nowhere:
        server = await started(serve(**HANG, AGENTICRAG_ALLOWED_BASE_URLS=nowhere))
        quick = [(f"quick {number}", {}) for number in range(100)]
        alone = _p99(await many(server, quick, at_once=4))
        hanging: list[tuple[str, dict[str, Any]]] = []
        expected: list[str] = []
        for number in range(trial.count):
            model = f"hang-{number}-"
            options: dict[str, Any] = {"model": model}
            match number % 4:
                case 0:
                    fake.script(Reply(match=model, silence=30))
                    expected.append("timeout_first_token")
                case 1:
                    fake.script(Reply(match=model, stall_at=0, stall=30))
                    expected.append("timeout_first_token")
                case 2:
                    fake.script(Reply(match=model, text=TEXT, stall_at=trial.rng.randrange(1, 10), stall=30))
                    expected.append("timeout_idle")
                case _:
                    options["base_url"] = nowhere
                    expected.append("timeout_connect")
            hanging.append(("hang", options))
        async with server.client() as http:
            said = await many(server, [*hanging, *quick], at_once=len(hanging) + 4)
            assert (await chat(http, "still there?")).response == "still there?"
    wrong = [pair for pair in zip(expected, said, strict=False) if pair[0] != pair[1].code]
    assert wrong == []
    beside = said[len(hanging) :]
    assert [one.response for one in beside] == [message for message, _ in quick]
    # The model is left, too: no request of ours stays open.
    await fake.until(lambda: all(one.end for one in fake.log))
    assert await server.stop() == 0
    trial.saw(wrong_class=len(wrong), chats_beside_failed=0)
    trial.peak(p99_alone_ms=round(alone * 1000), p99_beside_ms=round(_p99(beside) * 1000))


@fault(
    "F-10",
    "A stream that breaks off: FIN, RST, half a chunk, no end",
    "a part is never the answer: clients get a reset, then the whole text",
    ci=16,
    full=200,
)
async def test_a_broken_stream_is_never_an_answer(trial: Trial, serve: Serve, fake: FakeOpenAI) -> None:
    fake.default = Reply(text=TEXT)
    server = await started(serve())
    words = len(TEXT.split())
    chats: list[tuple[str, dict[str, Any]]] = []
    broken: list[int] = []
    for number in range(trial.count):
        chats += [(f"good {number}", {})] * SPARE
        model = f"break-{number}-"
        after = trial.rng.randrange(words)
        match trial.rng.choice(("close", "reset", "half", "endless")):
            case "endless":
                fake.script(Reply(match=model, text=TEXT, finish_reason=None, done=False))
            case how:
                fake.script(Reply(match=model, text=TEXT, cut_after=after, cut=how))  # pyright: ignore[reportArgumentType]: one of three words
        broken.append(len(chats))
        chats.append((f"broken {number}", {"model": model}))
    said = await many(server, chats, at_once=8)
    wrong = [one for one in said if (one.status, one.response, one.text) != (200, TEXT, TEXT)]
    assert wrong == []
    async with server.client() as http:
        answers = await _last_answers(http, 100)
    assert set(answers) == {TEXT}
    # A stream that was cut after its last word is whole, and is not asked for again.
    assert len(chats) < requests(fake) <= len(chats) + trial.count
    assert await server.stop() == 0
    trial.saw(wrong_finals=len(wrong), resets_seen=sum(said[at].resets for at in broken))


REFUSALS: list[tuple[Reply, int]] = [
    (Reply(status=429), 2),
    (Reply(status=429, headers={"retry-after": "0"}), 2),
    (Reply(status=429, headers={"retry-after": "1"}), 2),
    (Reply(status=429, headers={"retry-after": "120"}), 1),
    (Reply(status=429, headers={"retry-after": "soon"}), 2),
    (Reply(status=429, headers={"retry-after": "Fri, 01 Jan 2021 00:00:00 GMT"}), 2),
    (Reply(status=500), 2),
    (Reply(status=502, body="<html>Bad gateway</html>", content_type="text/html"), 2),
    (Reply(status=503), 2),
    (Reply(status=529), 2),
    (Reply(status=400), 1),
    (Reply(status=401), 1),
    (Reply(status=403), 1),
    (Reply(status=404), 1),
    (Reply(status=400, error_code="context_length_exceeded"), 1),
]
"""What a model refuses with once, and how many requests that then makes."""


@fault(
    "F-11",
    "429, 5xx and 529 with every kind of Retry-After; 4xx that a repetition cannot mend",
    "exactly the attempts that each asks for",
    ci=len(REFUSALS),
    full=4 * len(REFUSALS),
)
async def test_refusals_are_repeated_as_they_ask(trial: Trial, serve: Serve, fake: FakeOpenAI) -> None:
    fake.default = Reply(text=TEXT)
    server = await started(serve())
    chats: list[tuple[str, dict[str, Any]]] = []
    expected: dict[str, int] = {}
    for number in range(trial.count):
        reply, attempts = REFUSALS[number % len(REFUSALS)]
        model = f"refuse-{number}-"
        expected[model] = attempts
        fake.script(msgspec.structs.replace(reply, match=model))
        chats += [(f"good {number}", {})] * SPARE
        chats.append(("refused", {"model": model}))
    said = await many(server, chats, at_once=8)
    assert {one.status for one in said} == {200}
    assert all(one.ended for one in said)
    made = dict.fromkeys(expected, 0)
    for one in fake.log:
        if one.body and one.body.get("model") in made:
            made[one.body["model"]] += 1
    assert made == expected
    assert await server.stop() == 0
    trial.saw(wrong_attempts=0)


@fault(
    "F-11",
    "A tenth of the requests answered 500, then all of them",
    "requests a call at most 1.1, and at most 1.2 once the breaker is open",
    ci=100,
    full=1000,
)
async def test_repetition_does_not_make_an_outage_worse(trial: Trial, serve: Serve, fake: FakeOpenAI) -> None:
    fake.default = Reply(echo=True)
    server = await started(serve())
    for number in range(trial.count):
        while trial.rng.random() < 0.1:
            fake.script(Reply(status=500, match=f"call {number}."))
    said = await many(server, [(f"call {number}.", {}) for number in range(trial.count)], at_once=8)
    assert {one.status for one in said} == {200}
    some = requests(fake) / trial.count
    failed = sum(one.response is None for one in said)
    fake.default = Reply(status=500)
    before = requests(fake)
    down = await many(server, [(f"down {number}.", {}) for number in range(trial.count // 2)], at_once=8)
    assert all(one.code in ("server", "overloaded") for one in down), {one.code for one in down}
    all_down = (requests(fake) - before) / len(down)
    assert some <= 1.1
    assert all_down <= 1.2
    assert await server.stop() == 0
    trial.peak(requests_a_call=round(some, 3), requests_a_call_when_down=round(all_down, 3))
    trial.saw(chats_failed_of_a_tenth=failed)


def _nonsense() -> list[tuple[str, Reply, str | None]]:
    """Return what a model says instead of an answer, and the class of error that it is; empty for none."""
    return [
        ("no JSON", Reply(body="not json"), "bad_response"),
        ("HTML", Reply(body="<html>Welcome</html>", content_type="text/html"), "bad_response"),
        ("no choices", Reply(body='{"choices": []}'), "bad_response"),
        ("an empty body", Reply(body="", content_type="text/event-stream"), "bad_response"),
        ("a broken event", Reply(insert_at=3, insert_hex=b"data: {nonsense}\n\n".hex()), "bad_response"),
        (
            "invalid UTF-8",
            Reply(insert_at=3, insert_hex=b'data: {"choices":[{"delta":{"content":"\xff\xfe"}}]}\n\n'.hex()),
            None,
        ),
        (
            "an unknown event",
            Reply(text=TEXT, insert_at=3, insert_hex=b": hi\nevent: telemetry\ndata: x\n\nid: 7\n\n".hex()),
            "",
        ),
        (
            "50 MB in one line",
            Reply(body="data: " + "x" * 50_000_000, content_type="text/event-stream"),
            "bad_response",
        ),
        ("50 MB of JSON", Reply(body='{"choices": "' + "x" * 50_000_000 + '"}'), "bad_response"),
    ]


@fault(
    "F-12",
    "Nonsense: no JSON, HTML, no choices, broken UTF-8, 50 MB, events of another kind",
    "the run fails with its class, no 500, no exception unhandled",
    ci=9,
    full=27,
)
async def test_nonsense_fails_the_run_and_nothing_else(trial: Trial, serve: Serve, fake: FakeOpenAI) -> None:
    server = await started(serve(AGENTICRAG_MODEL_ATTEMPTS="1"))
    before = psutil.Process(server.pid).memory_info().rss
    async with server.client() as http:
        for number in range(trial.count):
            name, reply, expected = _nonsense()[number % 9]
            fake.script(reply)
            said = await chat(http, "hello", model=f"nonsense-{number}")
            assert said.status == 200, name
            if expected is None:  # what is no text is shown as such, and the rest is the answer
                assert "\ufffd" in (said.response or ""), name
                continue
            assert said.code == expected, name
            if not expected:
                assert said.response == TEXT
            assert (await chat(http, "still there?")).response == "still there?"
    grown = (psutil.Process(server.pid).memory_info().rss - before) / 1e6
    assert await server.stop() == 0
    assert "Traceback" not in server.tail(1_000_000)
    trial.saw(unhandled=0)
    trial.peak(grown_mb=round(grown))


def _p99(said: list[Said]) -> float:
    times = sorted(one.seconds for one in said)
    return times[min(len(times) - 1, int(len(times) * 0.99))]


async def _last_answers(http: httpx.AsyncClient, count: int) -> list[str]:
    """Return what the last sessions have as their answers."""
    sessions = (await http.get("/chatflow/sessions", params={"limit": count})).json()["sessions"]
    found: list[str] = []
    for session in sessions:
        told = (await http.get(f"/chatflow/sessions/{session['id']}/history")).json()["messages"]
        found += [message["content"] for message in told if message["role"] == "assistant"]
    return found
