"""The OpenAPI document and the server agree, whatever is sent: cases of the document, on both databases.

Each case goes to a server on SQLite and to one on PostgreSQL, which have to answer with the same status.
`make fuzz` sends more of them.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as examples
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import new_database
from tests.server.conftest import API, Running, make_key, parse_frames, quick

AnyCase = Case[Any]
Operation = APIOperation[Any, Any, Any, Any]
CASES = 800
"""Cases of CI over both databases."""
SEED = int(os.environ.get("FUZZ_SEED", "20261126"))
UNHEALTHY = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    negative_data_rejection,
]
MADE: dict[str, tuple[str, dict[str, Any], str]] = {
    "flow_id": ("/chatflows", {"name": "A flow"}, "id"),
    "agent_id": ("/agents", {"name": "An agent"}, "id"),
    "session_id": ("/chatflow/chat", {"message": "Hi", "session_id": "a-session"}, "session_id"),
    "execution_id": ("/chatflow/chat", {"message": "Hi"}, "execution_id"),
    "budget_id": (
        "/budgets",
        {"name": "B", "period": "day", "unit": "tokens", "amount": 1_000_000_000},
        "id",
    ),
}
"""What there is for a parameter of a path: where it is made, of what, and which field is its id."""


class Side:
    """A server with one of everything."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.headers = {"Authorization": f"Bearer {asyncio.run(make_key(running.settings, 'default'))}"}
        self.session = requests.Session()
        self.ids: dict[str, str] = {}
        for name, (path, body, field) in MADE.items():
            made = self.session.post(running.url + API + path, json=body, headers=self.headers, timeout=60)
            assert made.ok, made.text
            self.ids[name] = made.json()[field]
        self.ids["workflow_id"] = self.ids["flow_id"]


@pytest.fixture(scope="module")
def sides(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Side, Side]]:
    """A server on SQLite and one on PostgreSQL, without limits of how often they may be asked."""
    running: list[Running] = []
    for kind in ("sqlite", "postgresql"):
        folder = tmp_path_factory.mktemp(kind)
        settings = msgspec.structs.replace(
            quick(new_database(kind, request, folder), folder),
            rate_address=0,
            rate_key=0,
            rate_starts=0,
            rate_session=0,
        )
        running.append(Running(settings).start())
    yield Side(running[0]), Side(running[1])
    for server in running:
        server.stop()


class Contract:
    """Sends cases to both sides and gathers what breaks the document's word."""

    def __init__(self, sides: tuple[Side, Side]) -> None:
        self.sides = sides
        self.sent = 0
        self.broken: dict[tuple[str, str], str] = {}
        url = f"{sides[0].running.url}/schema/openapi.json"
        self.schema = schemathesis.openapi.from_url(url, timeout=120)
        document: dict[str, Any] = self.schema.raw_schema
        self._components = document["components"]
        self._validators: dict[str, jsonschema_rs.Validator] = {}

    def keep(self, case: AnyCase, *, known: bool) -> None:
        """Send a case to both; with `known` ids, to the thing that each has under that name."""
        statuses: list[int] = []
        for side in self.sides:
            # Made up, it is for no server: the answer is of the whole server's, and of no operation's.
            if case.headers:
                case.headers.pop("host", None)
            if known:
                case.path_parameters = {
                    name: side.ids.get(name, value) for name, value in case.path_parameters.items()
                }
            answer = case.call(
                base_url=side.running.url, session=side.session, headers=side.headers, timeout=60
            )
            self.sent += 1
            statuses.append(answer.status_code)
            streamed = answer.headers.get("content-type", [""])[0].startswith("text/event-stream")
            checks = CHECKS if streamed else [*CHECKS, response_schema_conformance]
            if any("\0" in value for value in (case.query or {}).values() if isinstance(value, str)):
                # NUL is taken out before anything is counted: what is too long with it may fit without.
                checks = [check for check in checks if check is not negative_data_rejection]
            try:
                case.validate_response(answer, checks=checks)
                if streamed:
                    self._frames(case, answer.text)
            except (Exception, BaseExceptionGroup) as error:
                reasons = error.exceptions if isinstance(error, BaseExceptionGroup) else [error]
                for reason in reasons:
                    told = f"{reason}\n{case.as_curl_command()}\n{answer.status_code} {answer.text[:500]}"
                    self.broken.setdefault((case.operation.label, type(reason).__name__), told)
        if len(set(statuses)) > 1:
            told = f"SQLite: {statuses[0]}, PostgreSQL: {statuses[1]}\n{case.as_curl_command()}"
            self.broken.setdefault((case.operation.label, "different statuses"), told)

    def ask(
        self,
        operation: Operation,
        mode: GenerationMode,
        known: dict[str, str] | None,
        times: int,
        number: int,
    ) -> None:
        """Make cases of an operation and send them."""

        @seed(number)
        @examples(
            max_examples=times,
            deadline=None,
            database=None,
            suppress_health_check=[
                HealthCheck.too_slow,
                HealthCheck.filter_too_much,
                HealthCheck.data_too_large,
            ],
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode, path_parameters=known))
        def asked(case: AnyCase) -> None:
            self.keep(case, known=known is not None)

        try:
            asked()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, operation.label  # there may be nothing to do wrong

    def _frames(self, case: AnyCase, text: str) -> None:
        """Hold each frame of a stream against the schema of its events."""
        label = case.operation.label
        if label not in self._validators:
            responses: Any = case.operation.definition.raw["responses"]
            schema = responses["200"]["content"]["text/event-stream"]["schema"]
            self._validators[label] = jsonschema_rs.validator_for({**schema, "components": self._components})
        for frame in parse_frames(text):
            self._validators[label].validate(json.loads(frame.data))


@pytest.mark.timeout(1800)  # of `make fuzz`; CI's cases take a minute
@pytest.mark.filterwarnings("ignore:Do not use the .random. module")  # the servers do, beside it
@pytest.mark.threat("A-08", "D-03", "L-05")
def test_every_operation_keeps_the_documents_word(
    sides: tuple[Side, Side], request: pytest.FixtureRequest
) -> None:
    contract = Contract(sides)
    operations: list[Operation] = [
        found.ok() for found in contract.schema.get_all_operations() if isinstance(found, Ok)
    ]
    operations.sort(key=takes_away)
    ways = [(operation, *way) for operation in operations for way in ways_to_ask(operation, sides[0].ids)]
    wanted = request.config.getoption("--cases", CASES) or CASES
    each, rounds = max(1, wanted // (2 * len(ways))), 0
    while contract.sent < wanted:
        for number, (operation, mode, known) in enumerate(ways):
            if rounds and contract.sent >= wanted:
                break
            contract.ask(operation, mode, known, each, SEED + rounds * len(ways) + number)
        rounds += 1
    assert not contract.broken, "\n\n".join(f"{place}: {told}" for place, told in contract.broken.items())


def takes_away(operation: Operation) -> bool:
    """Say whether it takes away what others are asked about, and so comes last."""
    return operation.method.upper() == "DELETE"


def ways_to_ask(
    operation: Operation, ids: dict[str, str]
) -> Iterator[tuple[GenerationMode, dict[str, str] | None]]:
    """Yield how an operation is asked: well and badly about what there is, and about anything."""
    names = [parameter.name for parameter in operation.path_parameters]
    known = {name: ids[name] for name in names if name in ids}
    yield GenerationMode.POSITIVE, known or None
    if list(operation.iter_parameters()) or operation.body:
        yield GenerationMode.NEGATIVE, known or None
    if known:
        yield GenerationMode.POSITIVE, None
