"""Messages of sessions: edited, answered again, chosen, deleted; sessions renamed, copied and searched."""

import asyncio
import json
import random
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import Connection, text

from graphs.run_state.session_history import SessionState
from persistence.storage.database import open_database
from server.compilation.session_states import SessionStates
from server.sessions.chat_sessions import ChatSessions
from server.settings.sources import Settings
from tests.at_once import between
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.conftest import API, Running, connect, parse_frames
from tests.server.people import client, key_of, person

SESSIONS = "/chatflow/sessions"
STATE = ("checkpoints", "checkpoint_writes", "checkpoint_values", "large_values", "sessions")
"""The tables that hold what a conversation says; runs are recorded apart from it, and go after a time."""


class Chat:
    """A chatflow on a server of its own, whose model answers as told."""

    def __init__(self, server: Running, client: httpx.AsyncClient, model: FakeOpenAI, flow: str) -> None:
        self.server = server
        self.client = client
        self.model = model
        self.flow = flow

    def prompt(self) -> list[str]:
        """Return the texts of the last request that the model got."""
        return [message["content"] for message in self.model.log[-1].body["messages"]]

    async def say(self, session: str, message: str, answer: str, **more: Any) -> dict[str, Any]:
        """Send a message, which the model answers so."""
        self.model.script(Reply(text=answer))
        body = {"message": message, "session_id": session, **more}
        sent = await self.client.post(f"/chatflow/workflows/{self.flow}/chat", json=body)
        assert sent.status_code == 200, sent.text
        return sent.json()

    async def change(self, method: str, path: str, body: Any = None, answer: str = "") -> dict[str, Any]:
        """Change something of a session."""
        if answer:
            self.model.script(Reply(text=answer))
        sent = await self.client.request(method, f"{SESSIONS}/{path}", json=body)
        assert sent.is_success, sent.text
        return sent.json()

    async def messages(self, session: str, **query: Any) -> list[dict[str, Any]]:
        """Return the messages of a session."""
        return (await self.client.get(f"{SESSIONS}/{session}/history", params=query)).json()["messages"]

    async def texts(self, session: str) -> list[str]:
        """Return the texts of the chosen line."""
        return [message["content"] for message in await self.messages(session)]

    async def found(self, search: str) -> dict[str, str]:
        """Return the excerpts of the sessions that have words, from all pages."""
        names: dict[str, str] = {}
        cursor: dict[str, str] = {}
        for _ in range(9):
            page = (await self.client.get(SESSIONS, params={"search": search, **cursor})).json()
            names |= {one["id"]: one["match"]["excerpt"] for one in page["sessions"]}
            if page["next_cursor"] is None:
                return names
            cursor = {"after": page["next_cursor"]}
        raise AssertionError("the pages have no end")


@pytest.fixture
async def chat(settings: Settings, start: Callable[[Settings], Running], key: str) -> AsyncIterator[Chat]:
    async with FakeOpenAI(Reply(text="Yes.")) as model:
        settings = msgspec.structs.replace(
            settings,
            openai_base_url=model.url,
            openai_api_key="sk-test",
            session_search_sessions=2,
            session_index_seconds=0,
        )
        server = start(settings)
        async with connect(server, key) as client:
            flow = {"llm_provider": "openai", "llm_model": "m"}
            made = await client.post("/chatflows", json={"name": "Talks", "chat_config": flow})
            yield Chat(server, client, model, made.json()["id"])


async def test_an_edit_and_another_answer_are_alternatives_and_the_chosen_line_goes_on(chat: Chat) -> None:
    await chat.say("s", "One?", "1")
    await chat.say("s", "Two?", "2")
    first, one, second, two = await chat.messages("s")
    assert [m["parent_id"] for m in (first, one, second, two)] == [None, first["id"], one["id"], second["id"]]
    assert all(m["active"] and not m["alternatives"] for m in (first, one, second, two))

    edited = await chat.change("PUT", f"s/messages/{second['id']}", {"content": "Three?"}, "3")
    assert (edited["response"], edited["message_count"]) == ("3", 4)
    assert chat.prompt() == ["One?", "1", "Three?"]
    assert await chat.texts("s") == ["One?", "1", "Three?", "3"]

    again = await chat.change("POST", f"s/messages/{one['id']}/regenerate", {"config": {"model": "n"}}, "uno")
    assert again["response"] == "uno"
    assert (chat.prompt(), chat.model.log[-1].body["model"]) == (["One?"], "n")
    assert await chat.texts("s") == ["One?", "uno"]
    await chat.say("s", "Four?", "4")
    assert chat.prompt() == ["One?", "uno", "Four?"]

    everything = await chat.messages("s", alternatives=True)
    assert [(m["content"], m["active"]) for m in everything] == [
        ("One?", True), ("1", False), ("Two?", False), ("2", False), ("Three?", False), ("3", False),
        ("uno", True), ("Four?", True), ("4", True),
    ]  # fmt: skip
    ids = {m["content"]: m["id"] for m in everything}
    assert {m["content"]: m["alternatives"] for m in everything if m["alternatives"]} == {
        "1": [ids["1"], ids["uno"]], "uno": [ids["1"], ids["uno"]],
        "Two?": [ids["Two?"], ids["Three?"]], "Three?": [ids["Two?"], ids["Three?"]],
    }  # fmt: skip

    chosen = await chat.change("POST", f"s/messages/{ids['1']}/choose")
    assert [m["content"] for m in chosen["messages"]] == ["One?", "1", "Three?", "3"]
    await chat.say("s", "Five?", "5")
    assert chat.prompt() == ["One?", "1", "Three?", "3", "Five?"]
    exported = (await chat.client.get(f"{SESSIONS}/s/export")).json()
    assert [m["content"] for m in exported["messages"]] == ["One?", "1", "Three?", "3", "Five?", "5"]
    assert not {"parent", "aside"} & {name for m in exported["messages"] for name in m}

    streamed = await chat.client.post(f"{SESSIONS}/s/messages/{ids['3']}/regenerate/stream", json={})
    assert [frame.event for frame in parse_frames(streamed.text)][::-1][0] == "done"
    body = {"message": "Six?", "session_id": "s", "edits": ids["Three?"]}
    chat.model.script(Reply(text="6"))
    streamed = await chat.client.post("/chatflow/chat/stream", json=body)
    assert parse_frames(streamed.text)[-1].event == "done"
    assert (chat.prompt(), await chat.texts("s")) == (["One?", "1", "Six?"], ["One?", "1", "Six?", "6"])

    for method, path, body, status in (
        ("PUT", f"s/messages/{ids['1']}", {"content": "x"}, 422),  # no message of a user
        ("PUT", "s/messages/none", {"content": "x"}, 404),
        ("PUT", f"none/messages/{ids['1']}", {"content": "x"}, 404),
        ("POST", f"s/messages/{ids['1']}/regenerate", {"config": {"system_prompt": "x"}}, 422),
        ("POST", f"s/messages/{ids['1']}/regenerate", {"flow_version": 9}, 404),
        ("POST", f"s/messages/{ids['1']}/regenerate", {"unknown": 1}, 422),
        ("POST", "s/messages/none/choose", None, 404),
        ("DELETE", "s/messages/none", None, 404),
    ):
        refused = await chat.client.request(method, f"{SESSIONS}/{path}", json=body)
        assert refused.status_code == status, (path, refused.text)


async def test_a_version_answers_again_and_an_edit_is_given_once(chat: Chat) -> None:
    await chat.say("s", "Hi", "1")
    change = {"name": "Talks", "chat_config": {"llm_provider": "openai", "llm_model": "newer"}}
    await chat.client.put(f"/chatflows/{chat.flow}", json=change)
    answer = (await chat.messages("s"))[1]["id"]
    path = f"{SESSIONS}/s/messages/{answer}/regenerate"
    for version, model in ((1, "m"), (None, "newer")):
        await chat.change("POST", path.removeprefix(f"{SESSIONS}/"), {"flow_version": version}, "2")
        assert chat.model.log[-1].body["model"] == model
    calls = len(chat.model.log)
    for replayed in (None, "true"):
        sent = await chat.client.post(path, json={}, headers={"Idempotency-Key": "k"})
        assert sent.headers.get("idempotent-replayed") == replayed
    assert len(chat.model.log) == calls + 1


async def test_edit_and_retry_at_turn_50_of_100_costs_one_call_and_20_alternatives_little_room(
    chat: Chat, settings: Settings
) -> None:
    numbers = random.Random(7)
    turns = [("user", f"Question {n}?") for n in range(100)]
    said = [one for turn in turns for one in (turn, ("assistant", turn[1].replace("Question", "Answer")))]
    file = {"session_id": "long", "messages": [{"role": role, "content": words} for role, words in said]}
    sent = await chat.client.post(
        f"{SESSIONS}/import",
        files={"file": ("s.json", json.dumps(file).encode())},
        params={"chatflow_id": chat.flow},
    )
    assert sent.json()["message_count"] == 200
    edited = (await chat.messages("long"))[98]
    before, calls = await stored(settings), len(chat.model.log)
    added, question = 0, ""
    for n in range(20):
        answer = "".join(numbers.choices("abcdefghijklmnopqrstuvwxyz ", k=2000))
        question = "".join(numbers.choices("abcdefghijklmnopqrstuvwxyz ", k=200))
        added += len(answer) + len(question)
        await chat.change("PUT", f"long/messages/{edited['id']}", {"content": question}, answer)
        assert len(chat.model.log) == calls + n + 1
    assert chat.prompt()[-1] == question
    assert len(await chat.messages("long")) == 100
    assert len((await chat.messages("long"))[98]["alternatives"]) == 21
    await asyncio.to_thread(chat.server.stop)  # which makes small what has ended
    grown = await stored(settings) - before
    print(f"{grown / added:.2f} bytes a character")
    assert grown < 1.3 * added, f"{added:,} characters have cost {grown:,} bytes"


async def test_a_deleted_message_is_nowhere_in_the_database(chat: Chat, settings: Settings) -> None:
    await chat.say("s", "Keep this.", "Kept.")
    await chat.say("s", "SECRET-7f31 one", "SECRET-7f31 two")
    await chat.say("s", "SECRET-7f31 three", "SECRET-7f31 four")
    kept, _, asked, answered = (await chat.messages("s"))[:4]
    await chat.change("POST", f"s/messages/{answered['id']}/regenerate", {}, "SECRET-7f31 five")
    deleted = await chat.change("DELETE", f"s/messages/{asked['id']}")
    assert (len(deleted["deleted"]), deleted["message_count"]) == (5, 2)
    assert await chat.texts("s") == ["Keep this.", "Kept."]
    assert await places_of(settings, b"SECRET-7f31") == []
    assert (await chat.client.get(SESSIONS)).json()["sessions"][0]["message_count"] == 2
    assert (await chat.client.get("/executions")).json()["total"] == 1

    await chat.say("s", "And now?", "Well.")
    assert chat.prompt() == ["Keep this.", "Kept.", "And now?"]
    await chat.change("PUT", f"s/messages/{kept['id']}", {"content": "Other"}, "Another.")
    other = (await chat.messages("s"))[0]["id"]
    await chat.change("DELETE", f"s/messages/{other}")
    assert await chat.texts("s") == ["Keep this.", "Kept.", "And now?", "Well."]


async def test_what_changes_a_session_waits_for_its_run_or_is_refused(chat: Chat) -> None:
    await chat.say("s", "One?", "1")
    question, answer = await chat.messages("s")
    running = asyncio.create_task(chat.say("s", "Two?", "2"))
    results = [
        await chat.client.delete(f"{SESSIONS}/s/messages/{answer['id']}"),
        await chat.client.post(f"{SESSIONS}/s/messages/{question['id']}/choose"),
    ]
    await running
    assert all(one.status_code in (200, 409) for one in results)
    texts = await chat.texts("s")
    assert texts in (["One?", "1", "Two?", "2"], ["One?", "Two?", "2"], ["One?"])


async def test_a_session_is_renamed_copied_and_found(chat: Chat) -> None:
    await chat.say("s", "Where is the Wombat?", "In the burrow.")
    await chat.say("t", "Unrelated", "Yes.")
    answer = (await chat.messages("s"))[1]["id"]
    await chat.change("POST", f"s/messages/{answer}/regenerate", {}, "Behind the EUCALYPTUS tree.")
    assert (await chat.change("PUT", "s", {"title": "Marsupials"}))["title"] == "Marsupials"

    whole = await chat.change("POST", "s/branch", {"session_id": "copy"})
    assert [m["content"] for m in whole["messages"]] == [
        "Where is the Wombat?",
        "Behind the EUCALYPTUS tree.",
    ]
    assert len(await chat.messages("copy", alternatives=True)) == 3
    part = await chat.change("POST", "s/branch", {"message_id": answer, "title": "Part"})
    assert [m["content"] for m in part["messages"]] == ["Where is the Wombat?", "In the burrow."]
    assert part["session"]["title"] == "Part"
    await chat.say(part["session_id"], "Sure?", "Yes.")
    assert chat.prompt() == ["Where is the Wombat?", "In the burrow.", "Sure?"]
    taken = await chat.client.post(f"{SESSIONS}/s/branch", json={"session_id": "copy"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")

    assert (await chat.found("eucalyptus")).keys() == {"s", "copy"}
    assert (await chat.found("burrow")).keys() == {"s", "copy", part["session_id"]}  # an alternative too
    assert await chat.found("MARSUPIALS") == {"s": "Marsupials", "copy": "Marsupials"}
    assert await chat.found("nowhere") == {}


async def test_the_search_knows_words_of_all_languages_and_forgets_what_was_deleted(
    chat: Chat, settings: Settings
) -> None:
    await chat.say("invoice-77", "Where are my invoices?", "They were sent on Monday.")
    await chat.say("한국", "환불 정책을 알려줘", "결제일부터 7일 안에 환불됩니다.")
    await chat.say("東京", "東京の天気は？", "Ｓｕｎｎｙ, 25 ℃.")
    await chat.say("other", "Hello", "Hi. " + "Nothing here. " * 20 + "But a wombat is.")
    expected = {
        "invoice": {"invoice-77"},  # another form of the word
        "monday INVO": {"invoice-77"},  # in any order, and the beginning of a word
        "monday wombat": set[str](),
        "77": {"invoice-77"},
        "what are": set[str](),
        "are": {"invoice-77"},
        "환불": {"한국"},
        "책": {"한국"},
        "환불 결제일": {"한국"},
        "天気": {"東京"},
        "京": {"東京"},
        "sunny": {"東京"},
        "?": set[str](),
        "%": set[str](),
    }
    for _ in range(2):  # by their messages, and then by the index
        assert {search: set(await chat.found(search)) for search in expected} == expected
        await indexed(settings)
    assert (await chat.found("wombat"))["other"].endswith("here. But a wombat is.")
    await chat.say("invoice-77", "Who is the recipient?", "Ms. Kim.")
    assert set(await chat.found("invoice recipient kim")) == {"invoice-77"}
    await indexed(settings)
    assert set(await chat.found("invoice recipient kim")) == {"invoice-77"}
    recipient = (await chat.messages("invoice-77"))[2]["id"]
    await chat.change("DELETE", f"invoice-77/messages/{recipient}")
    async with open_database(settings.database) as database:
        assert await database.read(lambda connection: connection.scalar(text(WORDS))) == 3
    await chat.change("PUT", "other", {"title": "Marsupial"})
    assert (await chat.found("kim"), await chat.found("recipient")) == ({}, {})
    assert set(await chat.found("marsupials")) == {"other"}
    await chat.change("POST", "東京/clear")
    await chat.change("DELETE", "한국")
    assert (await chat.found("sunny"), await chat.found("환불")) == ({}, {})


async def test_a_member_finds_nothing_in_the_sessions_of_others(chat: Chat, settings: Settings) -> None:
    people = {name: await person(chat.server, f"{name}@example.com", "runner") for name in ("ada", "bob")}
    keys = {name: await key_of(chat.server, id, "runner") for name, id in people.items()}
    async with client(chat.server, keys["ada"]) as ada, client(chat.server, keys["bob"]) as bob:
        for name, who in (("ada", ada), ("bob", bob)):
            chat.model.script(Reply(text=f"The quokka of {name}."))
            body = {"message": f"Where is the quokka of {name}?", "session_id": f"{name}s"}
            path = f"/chatflow/workflows/{chat.flow}/chat"
            assert (await who.post(path, json=body)).status_code == 200
            assert (await who.put(f"{SESSIONS}/{name}s", json={"title": f"Zoo {name}"})).status_code == 200
        for _ in range(2):  # by their messages, and then by the index
            found: dict[str, set[str]] = {}
            for word in ("quokka", "quok", "zoo", "ada", "adas", "bobs"):
                for name, who in (("ada", ada), ("bob", bob), ("owner", chat.client)):
                    page = (await who.get(SESSIONS, params={"search": word})).json()
                    found[f"{name} {word}"] = {one["id"] for one in page["sessions"]}
                    assert page["total"] == len(page["sessions"])
                    assert name != "ada" or "bob" not in str(page)
            assert (
                found["ada quokka"] == found["ada quok"] == found["ada zoo"] == found["ada adas"] == {"adas"}
            )
            assert found["ada bobs"] == found["bob ada"] == found["bob adas"] == set[str]()
            assert found["bob quokka"] == {"bobs"}
            assert found["owner quokka"] == {"adas", "bobs"}
            await indexed(settings)


WORDS = "SELECT count(*) FROM session_words"


async def indexed(settings: Settings) -> None:
    """Wait until the index of the search has all sessions."""
    wanted = "SELECT count(*) FROM sessions WHERE indexed_at IS NULL OR indexed_at <> last_activity_at"
    async with open_database(settings.database) as database:
        for _ in range(200):
            if not await database.read(lambda connection: connection.scalar(text(wanted))):
                return
            await asyncio.sleep(0.05)
    raise AssertionError("sessions are not indexed")


async def stored(settings: Settings) -> int:
    """Return the bytes of all values in the tables of conversations."""
    length = (
        "length(CAST({} AS BLOB))" if settings.database.startswith("sqlite") else "octet_length({}::text)"
    )

    def measure(connection: Connection) -> int:
        total = 0
        for table in STATE:
            columns = connection.execute(text(f"SELECT * FROM {table} LIMIT 0")).keys()
            for column in columns:
                kind = "length({}::bytea)" if column in ("checkpoint", "value", "body") else length
                size = kind if not settings.database.startswith("sqlite") else length
                found = connection.scalar(
                    text(f"SELECT coalesce(sum({size.format(column)}), 0) FROM {table}")
                )
                total += int(found or 0)
        return total

    async with open_database(settings.database) as database:
        return await database.read(measure)


async def places_of(settings: Settings, wanted: bytes) -> list[str]:
    """Return the tables that have a text in any value; bytes are looked at as they are, and unpacked."""
    import zlib

    def has(value: Any) -> bool:
        if isinstance(value, str):
            return wanted.decode() in value
        if not isinstance(value, bytes | memoryview):
            return False
        content = bytes(value)
        if wanted in content:
            return True
        try:
            return wanted in zlib.decompress(content)
        except zlib.error:
            return False

    def look(connection: Connection) -> list[str]:
        from persistence.storage.tables import metadata

        return [
            table.name
            for table in metadata.sorted_tables
            if any(has(value) for row in connection.execute(table.select()) for value in row)
        ]

    async with open_database(settings.database) as database:
        return await database.read(look)


CHANGES: dict[str, tuple[str, str, Any]] = {
    "delete": ("DELETE", f"{API}{SESSIONS}/{{session}}/messages/{{first}}", None),
    "choose": ("POST", f"{API}{SESSIONS}/{{session}}/messages/{{first}}/choose", None),
    "add an item": (
        "POST",
        "/v1/conversations/conv_{session}/items",
        {"items": [{"type": "message", "role": "user", "content": "Three?"}]},
    ),
    "delete an item": ("DELETE", "/v1/conversations/conv_{session}/items/{first}", None),
    "write a state": (
        "POST",
        "/langgraph/threads/{session}/state",
        {"values": {"messages": [{"role": "user", "content": "Three?"}]}},
    ),
    "fold": ("POST", "/langgraph/threads/prune", {"thread_ids": ["{session}"], "strategy": "keep_latest"}),
}
"""Changes of a session that follow from what it holds; a turn can come before they are stored."""


@pytest.mark.parametrize("name", CHANGES)
async def test_a_turn_that_comes_between_is_not_lost(
    chat: Chat, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = str(uuid.uuid4())
    await chat.say(session, "One?", "1")
    first = (await chat.messages(session))[0]["id"]
    await chat.change("PUT", f"{session}/messages/{first}", {"content": "Uno?"}, "uno")
    read, between = SessionStates.read, ["Two?"]

    async def slow(self: SessionStates, thread_id: str) -> SessionState:
        state = await read(self, thread_id)
        while between:
            await chat.say(session, between.pop(), "2")
        return state

    method, path, body = CHANGES[name]
    places = {"session": session, "first": first}
    body = json.loads(json.dumps(body).replace("{session}", session))
    with monkeypatch.context() as patch:
        patch.setattr(SessionStates, "read", slow)
        changed = await chat.client.request(method, chat.server.url + path.format(**places), json=body)
        assert changed.is_success, changed.text
    assert not between
    texts = [one["content"] for one in await chat.messages(session, alternatives=True)]
    assert {"Uno?", "uno", "Two?", "2"} < {*texts, ""}, texts


async def test_a_turn_that_begins_while_a_session_is_cleared_is_told_that_it_is_cancelled(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chat.say("s", "A secret?", "No.")
    body = {"message": "Go on.", "session_id": "s"}
    begun: list[asyncio.Task[httpx.Response]] = []
    loop = asyncio.get_running_loop()

    async def begin() -> None:
        chat.model.script(Reply(text="Yes, yes.", silence=60))
        asked = len(chat.model.log)
        url = f"/chatflow/workflows/{chat.flow}/chat"
        begun.append(asyncio.ensure_future(chat.client.post(url, json=body)))
        await chat.model.until(lambda: len(chat.model.log) > asked)

    async def between_the_two() -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(begin(), loop))

    with monkeypatch.context() as patch:
        left = between(patch, ChatSessions, "end_runs", between_the_two)
        cleared = await chat.client.post(f"{SESSIONS}/s/clear")
        assert cleared.status_code == 200, cleared.text
    assert not left
    chat.model.release()
    assert (await begun[0]).json()["error_code"] == "cancelled", "what is told as done is not deleted"
    assert await chat.texts("s") == []
    await chat.say("s", "Hello?", "Hi.")
    assert await chat.texts("s") == ["Hello?", "Hi."]
    assert chat.prompt() == ["Hello?"]


@pytest.mark.parametrize("way", ["edit", "regenerate"])
async def test_alternatives_of_requests_at_once_are_no_more_than_may_be(
    settings: Settings, start: Callable[[Settings], Running], key: str, way: str
) -> None:
    async with FakeOpenAI(Reply(text="Yes.")) as model:
        settings = msgspec.structs.replace(
            settings, openai_base_url=model.url, openai_api_key="sk-test", max_alternatives=3
        )
        async with connect(start(settings), key) as client:
            flow = {"llm_provider": "openai", "llm_model": "m"}
            made = await client.post("/chatflows", json={"name": "Talks", "chat_config": flow})
            chat = Chat(None, client, model, made.json()["id"])  # pyright: ignore[reportArgumentType]: not asked
            await chat.say("s", "One?", "1")
            first = (await chat.messages("s"))[0]["id"]
            path = f"{SESSIONS}/s/messages/{first}"
            model.default = Reply(text="Again.", silence=60)

            async def ask(number: int) -> httpx.Response:
                if way == "edit":
                    return await client.put(path, json={"content": f"Edited {number}?"})
                return await client.post(f"{path}/regenerate", json={})

            asked = [asyncio.ensure_future(ask(number)) for number in range(5)]
            refused, left = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            while len(left) > 2:
                more, left = await asyncio.wait(left, timeout=10, return_when=asyncio.FIRST_COMPLETED)
                assert more, "a third is taken"
                refused |= more
            assert {one.result().json()["code"] for one in refused} == {"too_many_alternatives"}
            model.default = Reply(text="Again.")
            model.release()
            assert [one.status_code for one in await asyncio.gather(*left)] == [200, 200]
            role = "user" if way == "edit" else "assistant"
            shown = [one for one in await chat.messages("s", alternatives=True) if one["role"] == role]
            assert len(shown) == 3
