"""The scripted server as a process of its own, as benchmarks and kill tests use it."""

import httpx2
import msgspec

from tests.runtimes.fake_openai import Exchange, FakeOpenAI, Reply, fake_process


async def test_it_can_be_scripted_and_read_over_http() -> None:
    async with fake_process("--tokens", "3") as url, httpx2.AsyncClient(trust_env=False) as client:
        control = url.removesuffix("/v1") + "/control"
        script = msgspec.json.encode([Reply(status=503, headers={"retry-after": "1"})])
        assert (await client.post(f"{control}/script", content=script)).status_code == 200
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
        refused = await client.post(f"{url}/chat/completions", json=body, headers={"Idempotency-Key": "k"})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        await client.put(f"{control}/default", content=msgspec.json.encode(Reply(echo=True)))
        answered = await client.post(f"{url}/chat/completions", json=body)
        assert answered.json()["choices"][0]["message"]["content"] == "Hi"
        log = msgspec.json.decode((await client.get(f"{control}/log")).content, type=list[Exchange])
        assert [each.end for each in log] == ["finished", "finished"]
        assert log[0].headers["idempotency-key"] == "k"
        await client.delete(f"{control}/log")
        assert (await client.get(f"{control}/log")).json() == []


async def test_a_reply_pauses_until_it_is_released() -> None:
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    async with (
        FakeOpenAI(Reply(text="One two three", stall_at=2)) as fake,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        async with client.stream("POST", f"{fake.url}/chat/completions", json=body) as answer:
            lines = answer.aiter_lines()
            async for line in lines:
                if "two" in line:
                    break
            assert (fake.log[0].deltas, fake.log[0].end) == (2, "")
            await client.post(f"{fake.url.removesuffix('/v1')}/control/release")
            assert "three" in "".join([line async for line in lines])
        assert fake.log[0].end == "finished"
