"""Feedback over the API: thumbs and comments on the answers of runs."""

from tests.server.conftest import DEMO, Running, connect, make_key


async def test_answers_are_rated_listed_and_counted(running: Running) -> None:
    owner_key = await make_key(running.settings, "feedback")
    async with connect(running, owner_key) as owner:
        made = (await owner.post("/keys", json={"name": "r", "role": "runner"})).json()["key"]
        config = {"llm_provider": DEMO["provider"], "llm_model": DEMO["model"]}
        flow = (await owner.post("/chatflows", json={"name": "Chat", "chat_config": config})).json()
        async with connect(running, made) as runner:
            path = f"/chatflow/workflows/{flow['id']}/chat"
            runs = [
                (await client.post(path, json={"message": "Hi"})).json()["execution_id"]
                for client in (owner, runner, runner)
            ]
            alone = await owner.post("/chatflow/chat", json={"message": "Hi", "config": DEMO})
            runs.append(alone.json()["execution_id"])
            for client, run, body, status in (
                (runner, runs[0], {"rating": "up"}, 404),  # in a session of the owner's
                (owner, runs[0], {"rating": "up", "comment": "Good."}, 200),
                (runner, runs[1], {"rating": "up"}, 200),
                (runner, runs[1], {"rating": "down", "comment": "Wrong."}, 200),
                (runner, runs[2], {"rating": "down"}, 200),
                (owner, runs[3], {"rating": "up"}, 200),
                (owner, runs[0], {"rating": "great"}, 422),
                (owner, runs[0], {"rating": "up", "comment": "x" * 2001}, 422),
            ):
                answer = await client.post(f"/executions/{run}/feedback", json=body)
                assert answer.status_code == status, answer.text
            listed = (await owner.get("/feedback")).json()
            assert [listed[name] for name in ("total", "up", "down")] == [4, 2, 2]
            assert {one["execution_id"]: one["comment"] for one in listed["feedback"]} == dict(
                zip(runs, ("Good.", "Wrong.", "", ""), strict=True)
            )
            of_flow = (await owner.get("/feedback", params={"flow_id": flow["id"], "limit": 2})).json()
            rest = (
                await owner.get("/feedback", params={"flow_id": flow["id"], "after": of_flow["next_cursor"]})
            ).json()
            assert [len(each["feedback"]) for each in (of_flow, rest)] == [2, 1]
            assert of_flow["total"] == 3
            mine = (await runner.get("/feedback")).json()
            assert {one["execution_id"] for one in mine["feedback"]} == set(runs[1:3])
            assert (mine["up"], mine["down"]) == (0, 2)
            by_embeds = (await owner.get(f"/embed/{flow['id']}/feedback")).json()
            assert by_embeds["total"] == 3
