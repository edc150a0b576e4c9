"""The threats that the project knows, the tests that keep each out, and why some cannot come here at all.

A test says by ``@pytest.mark.threat("R-01")`` which rows it proves. ``python -m tests.threats`` writes the
table of ``docs/threats.md``, and that of `tests.attacks`.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from msgspec import Struct

from tests.attacks import SECURITY_PAGE, security_page

__all__ = ["PAGE", "THREATS", "Threat", "page", "proofs", "unproven"]

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "threats.md"


class Threat(Struct, frozen=True):
    """A way in which systems of this kind were broken."""

    phrase: str
    absent: str = ""
    """Why it cannot come here, where no test says so."""


NO_HTML = "No node answers with HTML; what flows say is JSON or text."
NO_CHOICE = "Where traces go is a setting of the operator's alone."
NO_RESET = "There is no reset by mail: an owner or the command line sets a new password."
NO_SQL = "Filters of lists are values, never parts of a query."

THREATS: dict[str, Threat] = {
    "R-01": Threat("Code runs while it is only being checked"),
    "R-02": Threat("A run route takes the definition to run"),
    "R-03": Threat("Configuration is evaluated as code"),
    "R-04": Threat("Configuration names a program to start"),
    "R-05": Threat("An import runs or fetches something"),
    "R-06": Threat("A run overrides its environment or template names"),
    "R-07": Threat("Code escapes from its sandbox"),
    "R-08": Threat("A template reaches attributes, or renders a value again"),
    "R-09": Threat("An expression is a language"),
    "R-10": Threat("A user's object is revived as one of the engine's"),
    "R-11": Threat("Stored state imports and calls what it names"),
    "R-12": Threat("A cache holds pickles"),
    "R-13": Threat("A job in a queue is revived, or kills its worker"),
    "R-14": Threat("A node gives the server's own database or writes programs"),
    "R-15": Threat("What a model wrote is executed"),
    "R-16": Threat("A parser follows entities, tags or references"),
    "R-17": Threat("A server's own description reaches a shell"),
    "R-18": Threat("A dependency is replaced by a poisoned release"),
    "S-01": Threat("A flow's request reaches private addresses"),
    "S-02": Threat("An address is spelt so that a list misses it"),
    "S-03": Threat("A redirect leads where the first address may not"),
    "S-04": Threat("A name resolves to something else the second time"),
    "S-05": Threat("Two parsers read one address differently"),
    "S-06": Threat("An address is checked when it is shown, not when it is used"),
    "S-07": Threat("One feature has a client of its own"),
    "S-08": Threat("A stored secret goes to a host of the flow's author"),
    "S-09": Threat("An answer has no end, or unpacks without one"),
    "S-10": Threat("Opening one private address opens them all"),
    "I-01": Threat("A second protocol runs anybody's flow"),
    "I-02": Threat("A field of the body overrules the place that was checked"),
    "I-03": Threat("Creating something with a known id changes it"),
    "I-04": Threat("A list shows what is another's"),
    "I-05": Threat("A file is found by its id alone"),
    "I-06": Threat("A credential is used by its id alone"),
    "I-07": Threat("One name's prefix is another's"),
    "I-08": Threat("An open stream outlives the right to it"),
    "I-09": Threat("A route asks for the wrong permission"),
    "I-10": Threat("The server's own key stands in for a missing one"),
    "I-11": Threat("Routes that nobody remembered"),
    "I-12": Threat("A visitor guesses another's session"),
    "I-13": Threat("Who may not read a run forks, replays or compares it"),
    "I-14": Threat("Somebody edits or branches another's conversation"),
    "P-01": Threat("A name becomes a path"),
    "P-02": Threat("A JSON body poses as an upload"),
    "P-03": Threat("An upload is served as something active"),
    "P-04": Threat("An archive unpacks outside its folder"),
    "P-05": Threat("A body names a file of the server's"),
    "P-06": Threat("Static files lead out of their folder"),
    "P-07": Threat("Two addresses share a cached answer", "No answer is cached by the server."),
    "Q-01": Threat("A filter's name becomes SQL"),
    "Q-02": Threat("A credential becomes SQL"),
    "Q-03": Threat("A node names tables or driver options"),
    "Q-04": Threat("A search takes wildcards"),
    "Q-05": Threat("A sort order becomes SQL"),
    "Q-06": Threat("A model writes SQL"),
    "Q-07": Threat("A filter's value is an operator", NO_SQL),
    "X-01": Threat("What was said is run by the page"),
    "X-02": Threat("A picture carries secrets out"),
    "X-03": Threat("A visitor's words run in the owner's page"),
    "X-04": Threat("A flow answers with a page of its own", NO_HTML),
    "X-05": Threat("A page is framed by another"),
    "X-06": Threat("Text breaks out of its frame of a stream"),
    "X-07": Threat("A label breaks out of the metrics"),
    "O-01": Threat("Somebody finishes an authorization that another began"),
    "O-02": Threat("Tokens of an authorization are shown, or outlive their credential"),
    "O-03": Threat("Two processes use one refresh token"),
    "T-01": Threat("Injected words make a model use what it may not"),
    "T-02": Threat("A tool's description changes after it was approved"),
    "T-03": Threat("A caller's token is passed on to a tool"),
    "T-04": Threat("A model gives arguments that are the server's to give"),
    "T-05": Threat("Private data, strangers' words and a way out meet in one flow"),
    "T-06": Threat("Wrong, too many or huge tool calls break the run"),
    "T-07": Threat("A model chooses the host of a request"),
    "T-08": Threat("Memory is poisoned for later"),
    "L-01": Threat("An export holds secrets"),
    "L-02": Threat("What is public tells of the flow"),
    "L-03": Threat("Metrics are open, or tell who did what"),
    "L-04": Threat("Logs and traces hold secrets"),
    "L-05": Threat("An error tells of the inside"),
    "L-06": Threat("A stored secret is shown to who edits"),
    "L-07": Threat("Secrets are in the state of runs"),
    "L-08": Threat("Traces are sent where a user says", NO_CHOICE),
    "L-09": Threat("A default credential works"),
    "L-10": Threat("Time or shape tells a wrong key from an unknown one"),
    "A-01": Threat("A server without auth is open to the network"),
    "A-02": Threat("A spelling of the path gets around the guard"),
    "A-03": Threat("Forwarded headers and lists of origins are believed loosely"),
    "A-04": Threat("Who changes themselves gives themselves more"),
    "A-05": Threat("A password reset is a way in", NO_RESET),
    "A-06": Threat("A forged token is taken"),
    "A-07": Threat("An API key is stored, shown or works after its end"),
    "A-08": Threat("An answer has more fields than it should"),
    "A-09": Threat("Passwords are guessed"),
    "A-10": Threat("A cookie is sent along by other sites", "No cookie is set and none is read."),
    "A-11": Threat("Two first starts make two owners"),
    "A-12": Threat("A second protocol has no guard"),
    "A-13": Threat("A served protocol without host check"),
    "A-14": Threat("A schedule starts runs with rights that its maker has lost"),
    "A-15": Threat("Who changes a schedule starts runs as somebody else"),
    "A-16": Threat("A webhook is called by somebody who does not know its secret"),
    "A-17": Threat("A call of a webhook is repeated to start a second run"),
    "A-18": Threat("A secret of a webhook works after its end"),
    "A-19": Threat("A webhook target gets outputs that its maker may not read"),
    "A-20": Threat("A link of a mail is forged, used twice, or works after its end"),
    "D-01": Threat("A body without end or with a false length"),
    "D-02": Threat("JSON that nests too deep or is no UTF-8"),
    "D-03": Threat("A number or id that the database cannot hold"),
    "D-04": Threat("A number that the stored state cannot hold"),
    "D-05": Threat("A form that is slow to read"),
    "D-06": Threat("A pattern that takes for ever"),
    "D-07": Threat("A list without end in a loop"),
    "D-08": Threat("A flow that never ends, or calls itself"),
    "D-09": Threat("A document that unpacks without end"),
    "D-10": Threat("A client that does not read"),
    "D-11": Threat("A client that vanishes from a long replay"),
    "D-12": Threat("A client that leaves at any point"),
    "D-13": Threat("A huge header"),
    "D-14": Threat("Requests that never finish arriving"),
    "D-15": Threat("Everything is taken up at once after a crash"),
    "D-16": Threat("A graph that is too large"),
    "D-17": Threat("A list, a session or a memory grows until one answer fills the memory"),
    "C-01": Threat("Other origins read answers"),
    "C-02": Threat("A handler opens itself to all origins"),
    "C-03": Threat("A listed origin lets its likes in"),
    "C-04": Threat("Another site opens a WebSocket"),
    "C-05": Threat("Another site's form changes something"),
    "C-06": Threat("A page reaches a local server by its own name"),
    "C-07": Threat("An answer is kept by caches"),
    "E-01": Threat("An embed's token opens more than its chat"),
    "E-02": Threat("Visitors spend without bounds"),
    "E-03": Threat("A visitor's session is forged"),
    "E-04": Threat("A visitor sets what the author did not open"),
    "E-05": Threat("A limit believes forwarded headers"),
    "E-06": Threat("A limiter that fails lets all in"),
    "E-07": Threat("Visitors upload files"),
    "E-08": Threat("A revoked embed goes on"),
    "E-09": Threat("Visitors hold streams without bounds"),
    "E-10": Threat("A visitor's message is huge"),
}  # fmt: skip
"""Every threat, by its id."""


@cache
def proofs() -> dict[str, list[str]]:
    """Return the tests that are marked with each id, as ``tests/file.py::name``."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, marked in _marks(ast.parse(path.read_text("utf-8"))):
            for id in marked:
                found.setdefault(id, []).append(f"{path.relative_to(ROOT).as_posix()}::{name}")
    return found


def unproven() -> list[str]:
    """Return the ids that have neither a test nor a reason."""
    return [id for id, threat in THREATS.items() if id not in proofs() and not threat.absent]


def page(text: str) -> str:
    """Return a page with its table of threats made anew."""
    rows = [f"| {id} | {threat.phrase} | {_kept_out(id, threat)} |" for id, threat in THREATS.items()]
    table = "\n".join(["| | threat | what keeps it out |", "|---|---|---|", *rows])
    return re.sub(
        r"(<!-- threats -->\n).*?(<!-- end of threats -->)",
        lambda found: f"{found[1]}\n{table}\n\n{found[2]}",
        text,
        flags=re.DOTALL,
    )


def _kept_out(id: str, threat: Threat) -> str:
    files = dict.fromkeys(name.partition("::")[0] for name in proofs().get(id, []))
    tested = ", ".join(f"`{file}`" for file in files)
    return " ".join(part for part in (tested, threat.absent) if part)


def _marks(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Yield each test with the ids that it is marked with."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            ids = [
                argument.value
                for decorator in node.decorator_list
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.threat"
                for argument in decorator.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            ]
            if ids:
                yield node.name, ids


if __name__ == "__main__":
    for path, made in ((PAGE, page), (SECURITY_PAGE, security_page)):
        path.write_text(made(path.read_text("utf-8")), encoding="utf-8")
        print(f"Wrote {path.relative_to(ROOT)}.")
