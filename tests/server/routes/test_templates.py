"""Templates over HTTP: listed, read, drawn and copied; and the roles that keys are given."""

from server.flows.templates import templates
from tests.server.conftest import Running, connect, make_key


async def test_templates_are_listed_drawn_and_copied_into_the_workspace(running: Running) -> None:
    async with connect(running, await make_key(running.settings, "default")) as client:
        listed = (await client.get("/templates")).json()
        assert listed["total"] == len(listed["templates"]) == len(templates()) > 40
        assert all(each["description"] and "start" in each["node_types"] for each in listed["templates"])
        assert {each["group"] for each in listed["templates"]} > {"basics", "workflows", "knowledge"}
        read = (await client.get("/templates/react")).json()
        assert read["flow_type"] == "chatflow"
        for name in ("react", "research-team"):
            drawing = await client.get(f"/templates/{name}/graph")
            assert drawing.headers["content-type"].startswith("image/svg+xml")
            assert "sandbox" in drawing.headers["content-security-policy"]
        report = (await client.post("/flows/import", json=read)).json()
        assert (report["imported"], report["name"]) == (True, read["name"])
        for path in ("/templates/no-such", "/templates/servers", "/templates/..%2freact/graph"):
            assert (await client.get(path)).status_code == 404


async def test_every_template_can_be_imported(running: Running) -> None:
    async with connect(running, await make_key(running.settings, "default")) as client:
        for name, template in templates().items():
            answer = await client.post("/flows/import", params={"dry_run": True}, json=template.content)
            assert answer.json()["errors"] == [], name


async def test_the_roles_say_what_each_may_do(running: Running) -> None:
    async with connect(running, await make_key(running.settings, "default")) as client:
        roles = {
            each["name"]: set(each["permissions"]) for each in (await client.get("/roles")).json()["roles"]
        }
    assert roles["viewer"] < roles["runner"] < roles["editor"] < roles["owner"]
    assert "variables:write" in roles["editor"]
