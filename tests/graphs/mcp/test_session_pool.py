"""The pool of sessions: real MCP servers over stdio and HTTP, many calls, idle ends, failures."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

pytest.importorskip("mcp")

from graphs.conversation.tool_questions import ToolReply
from graphs.mcp.server_access import MCPCall, MCPError, OAuthClient, ServerAccess, StdioCommand
from graphs.mcp.session import SessionRules
from graphs.mcp.session_pool import SessionPool
from graphs.mcp.tool_lists import ListedTool
from graphs.outbound.credentials import Credential
from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressRules
from tests.runtimes.mcp_http import over_http

ROOT = Path(__file__).parents[3]
TOKEN = "token-of-the-server-0123"


@asynccontextmanager
async def pool(*allowed: str, **rules: Any) -> AsyncGenerator[SessionPool]:
    """Open a pool whose egress allows the hosts of some URLs."""

    async def listed(access: ServerAccess, tools: list[ListedTool]) -> None: ...

    hosts = tuple(url.split("/")[2] for url in allowed)
    made = SessionPool(Egress(EgressRules(allow=hosts)), SessionRules(**rules), listed)
    try:
        yield made
    finally:
        await made.close()
        assert len(made) == 0


def stdio(folder: Path, *args: str) -> ServerAccess:
    """Return the access to a stdio server."""
    description = folder / "description.txt"
    description.write_text("Greet somebody.", "utf-8")
    command = StdioCommand(
        command=sys.executable,
        args=args or ("-m", "tests.runtimes.mcp_server", str(description)),
        cwd=str(ROOT),
        log=str(folder / "server.log"),
        env={"PATH": "/usr/bin:/bin"},
    )
    return ServerAccess(workspace="w", name="own", version="1", command=command, timeout_seconds=120)


def children() -> list[psutil.Process]:
    """The servers that this process has started and that still run."""
    found: list[psutil.Process] = []
    for one in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # it ends at this moment
            if any("mcp_server" in word for word in one.cmdline()):
                found.append(one)
    return found


ADD = MCPCall(server="own", tool="add", arguments={"a": 1, "b": 2})


async def test_200_calls_at_once_share_a_process_which_ends_when_it_is_idle(tmp_path: Path) -> None:
    access = stdio(tmp_path)
    async with pool(idle_seconds=0.5) as sessions:
        answers = await asyncio.gather(*(sessions.call(access, ADD) for _ in range(200)))
        assert [answer.value for answer in answers] == [{"result": 3}] * 200
        assert sessions.opened == 1
        assert len(children()) == 1
        assert sessions.calls == {"completed": 200}
        async with asyncio.timeout(20):
            while children() or len(sessions):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_a_server_that_ends_while_nobody_calls_is_started_again(tmp_path: Path) -> None:
    access = stdio(tmp_path)
    async with pool() as sessions:
        await sessions.call(access, ADD)
        (child,) = children()
        child.kill()
        await asyncio.to_thread(child.wait, 10)
        await asyncio.sleep(0.2)  # the end of its output is read
        assert (await sessions.call(access, ADD)).value == {"result": 3}
        assert sessions.opened == 2
    assert not children()


async def test_a_server_of_git_answers_about_a_repository(tmp_path: Path) -> None:
    access = stdio(tmp_path, "-m", "mcp_server_git", "--repository", str(ROOT))
    async with pool() as sessions:
        tools, said = await sessions.tools(access)
        assert said["protocol_version"] == "2026-07-28"
        assert "git_log" in {tool.name for tool in tools}
        asked = {"repo_path": str(ROOT), "max_count": 1}
        answer = await sessions.call(access, MCPCall(server="own", tool="git_log", arguments=asked))
        assert not answer.is_error, answer
        assert "Commit" in str(answer.value)


async def test_a_command_that_speaks_no_mcp_is_told_with_its_log(tmp_path: Path) -> None:
    async with pool(connect_seconds=10) as sessions:
        for args in (("-c", "import sys; sys.exit('no such thing')"), ("-c", "print('hello' * 10)")):
            with pytest.raises(MCPError, match=r"server\.log") as caught:
                await sessions.call(stdio(tmp_path, *args), ADD)
            assert caught.value.code == "mcp_unreachable"
        gone = ServerAccess(
            workspace="w",
            name="gone",
            version="1",
            command=StdioCommand(command="/no/such/program", cwd="/", log=str(tmp_path / "x.log")),
        )
        with pytest.raises(MCPError, match="cannot be started"):
            await sessions.call(gone, ADD)
    log = tmp_path / "server.log"  # which the process that died may have written last
    for _ in range(50):
        if log.exists() and "no such thing" in log.read_text():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{log} does not say why")


async def test_both_revisions_of_the_protocol_are_spoken_over_http() -> None:
    for legacy, revision in ((False, "2026-07-28"), (True, "2025-11-25")):
        with over_http(legacy=legacy) as url:
            access = ServerAccess(workspace="w", name="own", version="1", url=url)
            async with pool(url) as sessions:
                assert (await sessions.tools(access))[1]["protocol_version"] == revision
                answers = await asyncio.gather(*(sessions.call(access, ADD) for _ in range(20)))
                assert [answer.value for answer in answers] == [{"result": 3}] * 20
                unknown = await sessions.call(access, MCPCall(server="own", tool="nope", arguments={}))
                assert unknown.is_error


async def test_an_oauth_client_gets_a_token_for_its_own_hosts_alone() -> None:
    with over_http(token=TOKEN) as url:
        host = url.split("/")[2]

        def access(secret: str, hosts: tuple[str, ...]) -> ServerAccess:
            client = Credential(name="client", kind="basic", hosts=hosts, field="client", secret=secret)
            oauth = OAuthClient(token_url=f"http://{host}/token", client=client)
            return ServerAccess(workspace="w", name="own", version="1", url=url, oauth=oauth)

        async with pool(url) as sessions:
            right = access("client-secret-0123", (host,))
            assert (await sessions.call(right, ADD)).value == {"result": 3}
            echoed = MCPCall(server="own", tool="greet", arguments={"name": TOKEN})
            assert (await sessions.call(right, echoed)).value == {"result": "Hello ***"}
            with pytest.raises(MCPError, match="token server"):
                await sessions.call(access("another-secret-01", (host,)), ADD)
            with pytest.raises(MCPError, match="may not go to"):
                await sessions.call(access("client-secret-0123", ("api.example.com",)), ADD)


@pytest.mark.threat("R-17")
async def test_a_redirect_to_another_origin_is_not_followed() -> None:
    with over_http() as inner, over_http(elsewhere=inner) as url:
        async with pool(url, inner) as sessions:
            with pytest.raises(MCPError, match="not followed"):
                await sessions.call(ServerAccess(workspace="w", name="own", version="1", url=url), ADD)


async def test_a_call_that_takes_too_long_ends_with_a_sentence(tmp_path: Path) -> None:
    access = stdio(tmp_path, "-c", "import time; time.sleep(60)")
    async with pool(connect_seconds=0.5) as sessions:
        with pytest.raises(MCPError, match="did not start within"):
            await sessions.call(access, ADD)


async def test_more_sessions_than_may_be_close_one_that_is_idle(tmp_path: Path) -> None:
    with over_http() as url:
        async with pool(url, max_sessions=1) as sessions:
            for name in ("a", "b"):
                access = ServerAccess(workspace="w", name=name, version="1", url=url)
                assert (await sessions.call(access, ADD)).value == {"result": 3}
            assert sessions.opened == 2


async def test_a_question_of_a_server_ends_the_call_and_the_reply_makes_it_again() -> None:
    for legacy in (False, True):
        with over_http(legacy=legacy) as url:
            access = ServerAccess(workspace="w", name="own", version="1", url=url, timeout_seconds=60)
            call = MCPCall(server="own", tool="book", arguments={"city": "Oslo"})
            async with pool(url) as sessions:
                answer = await sessions.call(access, call)
                (question,) = answer.asks
                assert question.message == "Do you want a window seat to Oslo?"
                assert question.schema["properties"]["window"]["type"] == "boolean"
                reply = ToolReply(key=question.key, action="accept", value={"window": True})
                again = msgspec.structs.replace(call, replies=(reply,), state=answer.state)
                assert (await sessions.call(access, again)).value == {"result": "Oslo, window"}
                declined = ToolReply(key=question.key, action="decline")
                no = msgspec.structs.replace(call, replies=(declined,), state=answer.state)
                assert (await sessions.call(access, no)).is_error


async def test_a_link_is_a_question_and_the_call_is_made_again_when_it_was_opened(tmp_path: Path) -> None:
    marker = tmp_path / "signed-in"
    with over_http(legacy=True) as url:
        access = ServerAccess(workspace="w", name="own", version="1", url=url, timeout_seconds=60)
        call = MCPCall(server="own", tool="sign_in", arguments={"marker": str(marker)})
        async with pool(url) as sessions:
            answer = await sessions.call(access, call)
            (question,) = answer.asks
            assert question.message.startswith("Sign in first.")
            assert "a page of login.example.com" in question.message
            assert question.message.endswith("https://login.example.com/start?state=1")
            for action, said in (("decline", "a person declined"), ("accept", "still waits for its link")):
                replies = (msgspec.convert({"key": question.key, "action": action}, ToolReply),)
                with pytest.raises(MCPError, match=said):
                    await sessions.call(access, msgspec.structs.replace(call, replies=replies))
            marker.touch()
            done = await sessions.call(access, msgspec.structs.replace(call, replies=replies))
            assert done.value == {"result": "You are signed in."}


async def test_a_server_is_told_the_operators_folders_and_no_others(tmp_path: Path) -> None:
    access = stdio(tmp_path)
    assert access.command is not None
    told = msgspec.structs.replace(access.command, roots=(str(tmp_path),))
    call = MCPCall(server="own", tool="folders", arguments={})
    async with pool() as sessions:
        answer = await sessions.call(msgspec.structs.replace(access, command=told), call)
        assert answer.value == {"result": tmp_path.as_uri()}
        with pytest.raises(MCPError, match="roots"):
            await sessions.call(msgspec.structs.replace(access, version="2"), call)
