"""Random sequences of requests: each is made, compared with the model, and cut down where they differ."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from litestar import Litestar

from persistence.storage.database import Database
from server.runtime import Runtime
from tests.server.identity.authority.forks import FORKS
from tests.server.identity.authority.keys import KEYS
from tests.server.identity.authority.model import Caller, Credential, Key, Model
from tests.server.identity.authority.people import PEOPLE
from tests.server.identity.authority.requests import Ask
from tests.server.identity.authority.resources import RESOURCES, VISITS, Visit
from tests.server.identity.authority.world import ORIGIN, Samples, ask, new_world, samples, stored

MADE = {each.__name__: (each, weight) for each, weight in {**PEOPLE, **KEYS, **RESOURCES, **FORKS}.items()}
VISITED = {each.__name__: (each, weight) for each, weight in VISITS.items()}
NAMES = [*MADE, *VISITED]
WEIGHTS = [weight for _, weight in (*MADE.values(), *VISITED.values())]
SHORTEST, LONGEST, LONGEST_BY_FUZZ = 3, 8, 20
ON_RUNS = {each.__name__ for each in FORKS}
"""Requests that are about chats: without one there is little to refuse."""
LOOKED_AT = 16
"""Requests of which one is chosen that comes near to what is sought."""


@dataclass(frozen=True)
class Step:
    """One request of a sequence. `dice` decides who makes it and what about."""

    name: str
    dice: int


class Differs(Exception):
    """The server and the model do not agree."""


def sequence(seed: int, longest: int = LONGEST) -> list[Step]:
    """Return the steps of a sequence."""
    dice = Random(seed)
    names = dice.choices(NAMES, WEIGHTS, k=dice.randint(SHORTEST, longest))
    first = next((place for place, name in enumerate(names) if name in ON_RUNS), None)
    if first is not None:
        names.insert(first, "chat")
    return [Step(name, dice.getrandbits(48)) for name in names]


class Trial:
    """Makes sequences on one server."""

    def __init__(self, app: Litestar, database: Database) -> None:
        self._app = app
        self._database = database
        self._runtime: Runtime = app.state["runtime"]
        self._samples: Samples | None = None
        self.seen = Counter[tuple[str, bool]]()
        """How often each kind of request was made and allowed, or refused."""

    async def run(self, seed: int, steps: Sequence[Step]) -> None:
        """Make the steps of a sequence in a world of its own.

        Raises:
            Differs: an answer, or what is stored in the end, is not as the model has it.
        """
        if self._samples is None:
            self._samples = await samples(self._runtime, self._app, self._database)
        model = await new_world(self._runtime, self._database, seed, self._samples)
        said = list[str]()
        for step in steps:
            try:
                said.append(await self._step(model, step))
            except Differs as error:
                raise Differs("\n".join([*said, str(error)])) from None
        found, held = await stored(self._database, model), model.held()
        for name, rows in held.items():
            if found[name] != rows:
                more, less = found[name] - rows, rows - found[name]
                said.append(
                    f"In the end {name} has {more or 'nothing'} too much and {less or 'nothing'} too little."
                )
                raise Differs("\n".join(said))

    async def _step(self, model: Model, step: Step) -> str:
        dice = Random(step.dice)
        if step.name in VISITED:
            return await self._visit(VISITED[step.name][0](model, dice))
        wanted, credential, named, who, status = chosen(model, step.name, dice)
        secret = credential.secret if isinstance(credential, Key) else credential.token
        headers = {"authorization": f"Bearer {secret}"} | ({"x-workspace": named} if named else {})
        answer = await ask(self._app, wanted.method, wanted.path, headers, wanted.body)
        for _ in range(5):
            if answer.status != 503 or answer.json["code"] != "storage_busy":
                break
            # A slow disk: nothing was changed, and clients ask again.
            answer = await ask(self._app, wanted.method, wanted.path, headers, wanted.body)
        line = (
            f"{step.name}: {described(credential, named)} {wanted.method} {wanted.path} {wanted.body or ''}"
        )
        self.seen[step.name, status < 400] += 1
        if answer.status != status:
            raise Differs(f"{line}\n  expected {status}, found {answer.status}: {answer.text[:500]}")
        if status < 300 and who is not None:
            found, expected = wanted.shows(who, answer.json)
            if found != expected:
                raise Differs(f"{line}\n  shows {found}, and should show {expected}")
            wanted.after(who, answer.json)
        return f"{line} -> {status}"

    async def _visit(self, visit: Visit) -> str:
        headers = {"origin": ORIGIN, **visit.headers}
        answer = await ask(self._app, visit.method, visit.path, headers)
        line = f"visit: {visit.method} {visit.path}"
        self.seen["visit", visit.status < 400] += 1
        if answer.status != visit.status:
            raise Differs(f"{line}\n  expected {visit.status}, found {answer.status}: {answer.text[:500]}")
        if answer.status < 300:
            visit.after(answer.json)
        return f"{line} -> {visit.status}"

    async def shortened(self, seed: int, steps: Sequence[Step], why: str) -> tuple[list[Step], str]:
        """Return the fewest steps that still differ, and how, by leaving out one after the other."""
        left = [*steps]
        place = 0
        while place < len(left):
            fewer = [*left[:place], *left[place + 1 :]]
            try:
                await self.run(seed, fewer)
            except Differs as error:
                left, why = fewer, str(error)
            else:
                place += 1
        return left, why


Chosen = tuple[Ask, Credential, str, Caller | None, int]


def chosen(model: Model, name: str, dice: Random) -> Chosen:
    """Return a request, who makes it into which workspace, and who that is and what they must get.

    Anybody makes one of five, somebody who may two, and the others miss by little: they have the
    permission that is asked for, and a rule keeps them from it. Else little would happen.
    """
    sought = dice.choice(["any", "allowed", "allowed", "near", "near"])
    best, rank = None, -1
    for _ in range(1 if sought == "any" else LOOKED_AT):
        wanted, credential = MADE[name][0](model, dice), dice.choice(model.credentials)
        named = dice.choice(model.workspaces) if dice.random() < 0.15 else ""
        who, status = verdict(model, wanted, credential, named)
        found = 0
        if sought == "allowed":
            found = int(status < 300)
        elif who is not None and wanted.needs in who.may and status in (403, 404):
            found = 2 if status == 403 or wanted.near(who) else 1
        if found > rank:
            best, rank = (wanted, credential, named, who, status), found
        if rank == (1 if sought == "allowed" else 2):
            break
    assert best is not None, "something was drawn"
    return best


def verdict(model: Model, wanted: Ask, credential: Credential, named: str) -> tuple[Caller | None, int]:
    """Return who asks, for the model, and the status that they must get."""
    who = model.caller(credential, named)
    if isinstance(who, int):
        return None, who
    return who, wanted.rule(who) if wanted.needs in who.may else 403


def described(credential: Credential, named: str) -> str:
    """Return who asks, for people."""
    where = f" in {named}" if named else ""
    if isinstance(credential, Key):
        whose = f" of {credential.user}" if credential.user else ""
        limits = f"{credential.role}, {credential.scopes}, {credential.workspace}"
        return f"key {credential.id}{whose} ({limits}){where}"
    return f"login of {credential.user} ({credential.workspace}){where}"


def prefix_of(steps: Sequence[Step], why: str) -> list[Step]:
    """Return the steps up to the one that differs."""
    return [*steps[: why.count(" -> ") + 1]]
