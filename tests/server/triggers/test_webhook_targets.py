"""Webhook targets over HTTP: signed deliveries in order, retries, dead ones, rights, questions by mail."""

import asyncio
import email
import re
import time
from collections.abc import AsyncIterator, Iterator
from email import policy
from itertools import pairwise
from typing import Any

import httpx
import msgspec
import pytest

from persistence.identity.api_keys import Keys
from persistence.storage.database import open_database
from server.triggers.question_links import QuestionLink, QuestionLinks
from tests.conftest import new_database
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.stand_ins import MailServer
from tests.server.triggers.receiver import Delivery, Receiver

SCHEMA = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture
def receiver(running: Running) -> Iterator[Receiver]:
    """A receiver at an address that the server may ask."""
    receiver = RECEIVERS.pop()
    yield receiver
    receiver.stop()


RECEIVERS: list[Receiver] = []


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mail_server: MailServer
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("running")
    RECEIVERS.extend(Receiver() for _ in range(6))
    allowed = [each.at for each in RECEIVERS]
    settings = msgspec.structs.replace(
        quick(new_database("sqlite", request, folder), folder),
        egress_allow=[*allowed, f"127.0.0.1:{mail_server.port}"],
        webhook_retry_seconds=0.1,
        webhook_attempts=3,
        webhook_output_bytes=200,
        max_hops=3,
        public_url="https://rag.example.com",
    )
    server = Running(settings).start()
    yield server
    server.stop()
    while RECEIVERS:
        RECEIVERS.pop().stop()


@pytest.fixture
async def client(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(running, await make_key(running.settings, "default")) as client:
        yield client


async def flow(client: httpx.AsyncClient, *between: Any) -> str:
    nodes = [
        {"id": "s", "type": "start"},
        *between,
        {"id": "e", "type": "end", "data": {"output": "{{ input.n }}"}},
    ]
    ids = [each["id"] for each in nodes]
    edges = [
        {"id": f"{a}{b}", "source": a, "target": b, **({"sourceHandle": "approved"} if a == "ask" else {})}
        for a, b in pairwise(ids)
    ]
    body = {"name": "Sends", "description": "Sends.", "graph_definition": {"nodes": nodes, "edges": edges}}
    answer = await client.post("/agentflows", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def run(client: httpx.AsyncClient, flow_id: str, **given: Any) -> Any:
    answer = await client.post(f"/agentflows/{flow_id}/execute", json={"input_data": given})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def made(client: httpx.AsyncClient, url: str | None = None, **more: Any) -> Any:
    body = {**({"url": url} if url else {}), **more}
    answer = await client.post("/webhook-targets", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def deliveries(client: httpx.AsyncClient, target: Any, **query: Any) -> list[Any]:
    answer = await client.get(f"/webhook-targets/{target['id']}/deliveries", params=query)
    return answer.json()["deliveries"]


async def until(client: httpx.AsyncClient, target: Any, **wanted: int) -> list[Any]:
    """Return the deliveries of a target when it has so many of each status."""
    deadline = time.monotonic() + 30
    while True:
        found = await deliveries(client, target)
        counts = {status: sum(each["status"] == status for each in found) for status in wanted}
        if counts == wanted:
            return found
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)


async def test_ends_of_runs_are_sent_once_signed_and_in_order(
    client: httpx.AsyncClient, receiver: Receiver
) -> None:
    mine = await flow(client)
    fails = await flow(client, {"id": "t", "type": "template", "data": {"template": "{{ input.no.no }}"}})
    target = await made(client, receiver.url, flow_id=mine, with_output=True)
    everything = await made(client, receiver.url + "/all", events=["run.failed"])
    down = [503, 500, 200]
    receiver.answer = lambda _: (down.pop(0), {}) if len(down) > 1 else (200, {})
    runs = [(await run(client, mine, n=f"{number}"))["execution_id"] for number in range(4)]
    long = (await run(client, mine, n="x" * 300))["execution_id"]
    broken = (await run(client, fails, n="1"))["execution_id"]
    came = await asyncio.to_thread(receiver.until, 6)
    ours = [each for each in came if each.told["data"]["flow_id"] == mine]
    assert [each.told["data"]["execution_id"] for each in ours] == [*runs, long]
    assert [each.told["data"]["output"] for each in ours] == ["0", "1", "2", "3", None]
    assert ours[-1].told["data"]["output_omitted"] is True
    assert all(each.is_signed(target["secret"]) for each in ours)
    assert not ours[0].is_signed(everything["secret"])
    assert len({each.id for each in came}) == 6
    told = ours[0].told
    assert (told["type"], told["data"]["status"], told["data"]["flow_name"]) == (
        "run.completed",
        "completed",
        "Sends",
    )
    other = next(each for each in came if each.told["type"] == "run.failed")
    assert other.told["data"]["execution_id"] == broken
    assert other.told["data"]["error"]["message"]
    assert "output" not in other.told["data"]
    log = await until(client, target, delivered=5, waiting=0)
    assert [each["id"] for each in log[::-1]] == [each.id for each in ours]
    attempts = [each["attempts"] for each in (*log, *await until(client, everything, delivered=1))]
    assert (sum(attempts), receiver.refused) == (8, 2)
    # For a while both secrets sign.
    rotated = await client.post(f"/webhook-targets/{target['id']}/rotate", json={"keep_hours": 1})
    again = await client.post(f"/webhook-targets/{target['id']}/deliveries/{log[0]['id']}/redeliver")
    assert again.status_code == 202, again.text
    last = (await asyncio.to_thread(receiver.until, 7))[-1]
    assert last.is_signed(target["secret"])
    assert last.is_signed(rotated.json()["secret"])
    assert (last.id, last.told) == (ours[-1].id, ours[-1].told)


async def test_a_delivery_is_given_up_shown_and_sent_again(
    client: httpx.AsyncClient, receiver: Receiver
) -> None:
    mine = await flow(client)
    target = await made(client, receiver.url, flow_id=mine)
    receiver.answer = lambda _: (302, {"Location": "http://127.0.0.1:9/"})
    await run(client, mine, n="1")
    dead = (await until(client, target, dead=1))[0]
    assert (dead["attempts"], "redirect" in dead["last_error"]) == (3, True), dead
    shown = (await client.get(f"/webhook-targets/{target['id']}")).json()
    assert (shown["dead"], shown["waiting"]) == (1, 0)
    assert (await deliveries(client, target, status="dead"))[0]["id"] == dead["id"]
    text = (await client.get("/metrics/prometheus")).text
    assert 'agenticrag_webhook_deliveries_total{outcome="dead"} 1' in text
    assert 'agenticrag_webhook_deliveries_open{status="dead"} 1' in text
    receiver.answer = lambda _: (200, {})
    path = f"/webhook-targets/{target['id']}/deliveries/{dead['id']}/redeliver"
    assert (await client.post(path)).status_code == 202
    assert (await asyncio.to_thread(receiver.until, 1))[0].id == dead["id"]
    # Who answers 410 wants no more; what came meanwhile waits until somebody enables the target.
    receiver.answer = lambda _: (410, {})
    await run(client, mine, n="2")
    deadline = time.monotonic() + 30
    while (found := (await client.get(f"/webhook-targets/{target['id']}")).json())["enabled"]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert "410" in found["stopped"]
    receiver.answer = lambda _: (200, {})
    assert (await client.put(f"/webhook-targets/{target['id']}", json={"enabled": True})).json()["enabled"]
    assert (await asyncio.to_thread(receiver.until, 2))[1].told["type"] == "run.completed"


@pytest.mark.threat("A-19")
async def test_a_redirect_is_not_followed_and_said(client: httpx.AsyncClient, receiver: Receiver) -> None:
    flow_id = await flow(client)
    target = await made(client, receiver.url, flow_id=flow_id)
    receiver.answer = lambda _: (302, {"Location": f"http://{receiver.at}/other"})
    await run(client, flow_id)
    (dead,) = await until(client, target, dead=1)
    assert f"{receiver.url} was redirected to http://{receiver.at}. Redirects are not" in dead["last_error"]


async def test_outputs_and_deliveries_need_the_rights_of_the_maker(
    client: httpx.AsyncClient, running: Running, receiver: Receiver
) -> None:
    mine = await flow(client)
    async with open_database(running.settings.database) as database:
        keys = Keys(database)
        row, theirs = await keys.create("default", "theirs", role="editor")
        async with connect(running, theirs) as other:
            body = {"url": receiver.url, "flow_id": mine}
            lacks = await other.post("/webhook-targets", json={**body, "with_output": True})
            assert (lacks.status_code, "sessions:all" in lacks.text) == (403, True)
            target = await made(other, **body)
            await run(client, mine, n="1")
            assert "output" not in (await asyncio.to_thread(receiver.until, 1))[0].told["data"]
            widened = await other.put(f"/webhook-targets/{target['id']}", json={"with_output": True})
            assert widened.status_code == 403
        await keys.revoke("default", row.id)
    await asyncio.sleep(0.1)  # callers are remembered for a moment
    await run(client, mine, n="2")
    deadline = time.monotonic() + 30
    while (found := (await client.get(f"/webhook-targets/{target['id']}")).json())["enabled"]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert "no access" in found["stopped"]
    assert len(receiver.came) == 1
    audit = (await client.get("/audit", params={"target": target["id"]})).json()["entries"]
    assert "pauseWebhookTarget" in {each["action"] for each in audit}


@pytest.mark.threat("S-01")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://169.254.169.254/latest"}, "/url"),
        ({"url": "http://127.0.0.1:1/"}, "/url"),
        ({"url": "http://[::1]/"}, "/url"),
        ({"url": "ftp://example.com/"}, "/url"),
        ({}, "/url"),
        ({"url": "http://10.0.0.1/", "events": ["run.started"]}, "/events/0"),
        ({"mail": {"host": "m", "to": "nobody", "sender": "a@example.com"}}, "/mail"),
        ({"mail": {"host": "m", "to": "a@b.c", "sender": "a@b.c", "credential": "no"}}, "/mail/credential"),
        ({"mail": {"host": "m", "to": "a@b.c", "sender": "a@b.c"}, "events": ["run.failed"]}, "/events"),
    ],
)
async def test_a_target_that_cannot_be_is_refused_with_the_place(
    client: httpx.AsyncClient, body: Any, pointer: str
) -> None:
    answer = await client.post("/webhook-targets", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer, answer.text


@pytest.mark.threat("A-20")
async def test_a_question_goes_by_mail_and_its_link_answers_it_once(
    client: httpx.AsyncClient, running: Running, receiver: Receiver, mail_server: MailServer
) -> None:
    ask = {"mode": "input", "message": "How much <b>shall</b> be refunded?", "schema": SCHEMA}
    mine = await flow(client, {"id": "ask", "type": "human_approval", "data": ask})
    route = {"host": "127.0.0.1", "port": mail_server.port, "encryption": "none"}
    mail = await made(
        client, flow_id=mine, mail={**route, "to": "ada@example.com", "sender": "bot@example.com"}
    )
    target = await made(client, receiver.url, flow_id=mine)
    started = await run(client, mine, n="1")
    assert started["status"] == "waiting_approval"
    asked = (await asyncio.to_thread(receiver.until, 1))[0].told
    assert (asked["type"], asked["data"]["status"]) == ("input.requested", "waiting_approval")
    assert asked["data"]["input"]["message"] == ask["message"]
    await until(client, mail, delivered=1)
    sent = mail_server.mails[-1]
    assert sent["to"] == ["ada@example.com"]
    read = email.message_from_string(sent["text"], policy=policy.default)
    text = str(read.get_content()) if not read.is_multipart() else ""
    token = re.search(r"https://rag\.example\.com/api/agent-builder/answers/(\S+)", text)
    assert token is not None, text
    pages, accept = f"{running.url}/api/agent-builder/answers", {"Accept": "text/html,*/*;q=0.8"}
    async with httpx.AsyncClient(base_url=pages, headers=accept, timeout=30) as ada:
        path = f"/{token[1]}"
        page = await ada.get(path)
        assert page.status_code == 200
        assert "How much &lt;b&gt;shall&lt;/b&gt; be refunded?" in page.text
        assert "form-action 'self'" in page.headers["content-security-policy"]
        assert page.headers["referrer-policy"] == "no-referrer"
        form = {"action": "submit", "value.amount": "12.5", "comment": "fine"}
        for refused in (
            await ada.post(path[:-3] + "AAA", data=form),
            await ada.post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"}),
            await ada.post(path, json=form),
            await ada.post(path, data={"action": "approve"}),
            await ada.post(path, data={**form, "value.amount": "much"}),
        ):
            assert refused.status_code in (403, 404, 415, 422), refused.text
        assert "is no JSON value: much" in refused.text
        assert 'value="much"' in refused.text
        key = (await client.get(f"/executions/{started['execution_id']}/inputs")).json()["inputs"][0]
        assert key["status"] == "open"
        taken = await ada.post(path, data=form)
        assert (taken.status_code, "Your answer is taken" in taken.text) == (200, True), taken.text
        again = await ada.post(path, data=form)
        assert again.status_code == 409, again.text
        assert "answered by ada@example.com by mail" in (await ada.get(path)).text
        assert (await client.delete(f"/webhook-targets/{mail['id']}")).json()["deleted"]
        assert (await ada.get(path)).status_code == 410
    ended = (await asyncio.to_thread(receiver.until, 2))[1].told
    assert ended["type"] == "run.completed"
    answer = (await client.get(f"/executions/{started['execution_id']}/inputs")).json()["inputs"][0]["answer"]
    assert (answer["value"], answer["by"]) == ({"amount": 12.5}, "ada@example.com by mail")
    audit = (await client.get("/audit", params={"action": "answerByMail"})).json()["entries"]
    assert [each["actor_name"] for each in audit] == ["ada@example.com by mail"]
    await until(client, target, delivered=2)


def test_a_link_is_read_until_its_end_and_by_the_key_that_signed_it() -> None:
    links, link = QuestionLinks("one"), QuestionLink("w", "e", "i", "t", "a@b.c", int(time.time()) + 60)
    assert links.read(links.signed(link)) == link
    past = links.signed(msgspec.structs.replace(link, expires_at=int(time.time())))
    for token, status in ((past, 410), (QuestionLinks("two").signed(link), 404), ("ql_x.y", 404)):
        with pytest.raises(Exception, match="link") as refused:
            links.read(token)
        assert refused.value.document.status == status  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.threat("D-08")
async def test_runs_that_start_each_other_by_requests_end(
    client: httpx.AsyncClient, receiver: Receiver
) -> None:
    data = {"method": "POST", "url": receiver.url, "body": "{{ input }}", "headers": {"agenticrag-hops": "0"}}
    flow_id = await flow(client, {"id": "m", "type": "http_request", "data": data})
    hook = (await client.post("/webhooks", json={"flow_id": flow_id, "style": "token"})).json()
    root = str(client.base_url).partition("/api/")[0]
    url = hook["url"].replace("https://rag.example.com", root)
    said: list[tuple[str, int]] = []

    def relay(delivery: Delivery) -> tuple[int, dict[str, str]]:
        """Send a request of a run on to the webhook, as a proxy before the server's public URL does."""
        hops = delivery.headers["agenticrag-hops"]
        headers = {"X-Webhook-Token": hook["secret"], "Agenticrag-Hops": hops}
        answer = httpx.post(url, json={"n": 1}, headers=headers)
        said.append((hops, answer.status_code))
        return 200, {}

    receiver.answer = relay
    await run(client, flow_id, n=1)
    await asyncio.to_thread(receiver.until, 3)
    assert sorted(said) == [("1", 202), ("2", 202), ("3", 508)]
    # So do those that deliveries start, and calls of MCP tools.
    receiver.answer = lambda _: (200, {})
    await made(client, receiver.url, flow_id=flow_id)
    path, body = f"/agentflows/{flow_id}/execute", {"input_data": {"n": 1}}
    begun = await client.post(path, json=body, headers={"agenticrag-hops": "2"})
    assert begun.json()["status"] == "completed", begun.text
    delivered = (await asyncio.to_thread(receiver.until, 5))[-1]
    assert delivered.told["type"] == "run.completed"
    assert delivered.headers["agenticrag-hops"] == "3"
    for door in ("", "/stream"):
        refused = await client.post(path + door, json=body, headers={"agenticrag-hops": "3"})
        assert (refused.status_code, refused.json()["code"]) == (508, "loop")
    slug = (await client.get(f"/flows/{flow_id}")).json()["slug"]
    params = {"name": slug, "arguments": {"input": {"n": 1}}, "_meta": {"agenticrag/hops": "3"}}
    called = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = await client.post(f"{root}/mcp/{slug}", json=called)
    assert "3 runs led to this one" in answer.text, answer.text
