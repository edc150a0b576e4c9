"""The shape of the code, read from its syntax trees: who may import whom, and what nobody may do."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.version import Version

from server.reference.architecture_page import ROOMS, imports_of

ROOT = Path(__file__).parent.parent
LONGEST = 350
"""Lines of a module."""
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
"""What begins with words about itself."""
OF_ONE_KIND = {
    "nodes",
    "tools",
    "orchestration",
    "routes",
    "commands",
    "views",
    "streams",
    "tables",
    "versions",
    "functions",
}
"""Folders of one kind a file: a file there is named for what it serves, which has modules of its own."""
SERVER = (
    "__init__",
    "terminal",
    "settings",
    "request_origin",
    "http",
    "limits",
    "metrics",
    "identity",
    "mcp",
    "oauth",
    "openapi",
    "description",
    "views",
    "streams",
    "knowledge",
    "compilation",
    "runs",
    "workers",
    "flow_choice",
    "sessions",
    "recorded_runs",
    "requests",
    "triggers",
    "protocols",
    "flows",
    "embed",
    "sockets",
    "routes",
    "components",
    "open_stores",
    "open_runs",
    "open_triggers",
    "startup",
    "first_run",
    "runtime",
    "dependencies",
    "app",
    "checkup",
    "serving",
    "commands",
    "cli",
    "__main__",
    "reference",
    "pages",
)
"""Folders and files of the server from the lowest to the highest: each may import those before it alone."""
PACKAGES = ("graphs", "persistence", "server", "sdk_templates")

MAY_IMPORT = {
    "graphs": {"graphs"},
    "persistence": {"graphs", "persistence"},
    "server": {"graphs", "persistence", "sdk_templates", "server"},
    "sdk_templates": {"sdk_templates"},
}
"""Which of our packages each of them may import."""

ONLY_IN = {
    "litestar": {"server"},
    "uvicorn": {"server"},
    "cyclopts": {"server"},
    "sqlalchemy": {"persistence"},
    "alembic": {"persistence"},
    "aiosqlite": {"persistence"},
    "asyncpg": {"persistence"},
    "sqlite3": {"persistence"},
    "jinja2": {"sdk_templates"},
    "langchain_core": {"graphs", "persistence"},
    "langchain_openai": {"graphs"},
    "langchain_ollama": {"graphs"},
    "langchain_anthropic": {"graphs"},
    "anthropic": {"graphs"},
    "openai": {"graphs"},
    "ollama": {"graphs"},
}
"""Where a library may be imported; `persistence` needs `langchain_core` for the checkpointer's interface."""

NETWORK = {
    "httpx": {
        "graphs/outbound/egress.py": "every request that a flow can influence",
        "graphs/providers/": "models, at addresses of the operator's",
        "server/commands/api_client.py": "asks the server that a person names",
    },
    "httpx2": {
        "graphs/embeddings/http_embeddings.py": "models of embeddings, over the same transport",
        "graphs/providers/": "the client of a provider's SDK",
        "graphs/transport/": "the transport of that client",
        "graphs/mcp/streamable_http.py": "MCP servers, by the egress",
    },
    "urllib.request": {
        "graphs/model_api/environment_proxies.py": "reads the proxies of the environment",
        "graphs/providers/": "reads the proxies of the environment, and leaves them out",
        "graphs/transport/": "looks which provider answers",
        "sdk_templates/command.py": "asks the server that a person names for its document",
        "server/commands/extras.py": "waits until the operator's own server is up",
    },
    "urllib.error": {
        "graphs/providers/": "reads the proxies of the environment, and leaves them out",
        "graphs/transport/": "looks which provider answers",
        "sdk_templates/command.py": "asks the server that a person names for its document",
        "server/commands/extras.py": "waits until the operator's own server is up",
    },
    "http.client": {"graphs/transport/json_fetch.py": "looks which provider answers"},
    "socket": {
        "graphs/outbound/egress.py": "resolves hosts",
        "graphs/outbound/connections.py": "connects to what the egress has looked at",
        "graphs/tools/send_email.py": "speaks over a connection of the egress",
        "graphs/transport/http_transport.py": "models, at addresses of the operator's or by the egress",
        "server/": "listens, and names the machine",
    },
    "aiohappyeyeballs": {"graphs/transport/http_transport.py": "models, at the same addresses"},
    "redis": {
        "server/limits/limit_stores.py": "counts limits, in the operator's Redis",
        "server/embed/stream_slots.py": "counts visitors' streams, there too",
        "server/workers/redis_wakeups.py": "tells processes of new events, there too",
        "server/workers/turn_queue.py": "tells workers of runs that wait, in the operator's queue",
    },
    "saq": {"server/workers/turn_queue.py": "is that queue"},
    "psycopg": {"server/workers/turn_queue.py": "the same in PostgreSQL"},
    "psycopg_pool": {"server/workers/turn_queue.py": "the same in PostgreSQL"},
    "opentelemetry.exporter": {"server/runs/tracing.py": "sends traces to the operator's collector"},
    "aiohttp": {},
    "requests": {},
    "urllib3": {},
    "httpcore": {},
    "httpcore2": {},
    "websockets": {},
    "grpc": {},
    "pycurl": {},
    "ftplib": {},
    "smtplib": {"graphs/tools/send_email.py": "speaks over a connection of the egress"},
    "telnetlib": {},
    "imaplib": {},
    "poplib": {},
    "nntplib": {},
    "xmlrpc": {},
    "paramiko": {},
    "asyncssh": {},
}
"""Who may import what opens connections, and for what: nothing that a flow can influence goes elsewhere."""

CONNECTS_IN = {"graphs/transport/http_transport.py", "graphs/outbound/connections.py"}
"""The modules that open a connection by themselves; what they may be asked for is in `NETWORK`."""
CONNECTS = {
    "open_connection",
    "open_unix_connection",
    "create_connection",
    "create_unix_connection",
    "create_datagram_endpoint",
    "connect_tcp",
    "connect_ex",
    "sock_connect",
    "sock_sendto",
    "sendto",
}
"""Functions of the standard library that open connections, by the last part of their name."""

NAMELESS = {"utils", "util", "helpers", "helper", "common", "core", "misc", "base", "interfaces", "managers"}
"""Words that say nothing about what a folder or module holds."""

UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle"}
UNSAFE_CALLS = {
    "eval",
    "exec",
    "__import__",
    "os.system",
    "os.popen",
    "yaml.load",
    "yaml.unsafe_load",
    "yaml.full_load",
    "langchain_core.load.load",
    "langchain_core.load.loads",
}

FLOORS = {
    "langgraph": "1.0.10",
    "langgraph-checkpoint": "4.1.1",
    "langgraph-checkpoint-sqlite": "3.0.1",
    "langchain-core": "1.2.5",
    "langchain-openai": "1.1.14",
    "litestar": "2.22.0",
    "starlette": "1.0.1",
    "python-multipart": "0.0.31",
    "pyjwt": "2.13.0",
    "mcp": "1.23.0",
    "litellm": "1.83.14",
}
"""Oldest versions without a published hole that concerns us. What is not installed is not asked for."""


class Module:
    """A source file and what its tree says."""

    def __init__(self, path: Path) -> None:
        self.path = path.relative_to(ROOT)
        self.package = self.path.parts[0]
        self.tree = ast.parse(path.read_text("utf-8"), str(self.path))

    def imports(self) -> Iterator[tuple[int, str]]:
        """Yield line and full name of everything imported, wherever in the file."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
                assert node.level == 0, f"{self.path}:{node.lineno} imports relatively; write the whole name"

    @cached_property
    def calls(self) -> list[tuple[ast.Call, str]]:
        """Every call with the dotted name of what is called, as the file's imports resolve it."""
        names = {name.rpartition(".")[2]: name for _, name in self.imports()}
        found: list[tuple[ast.Call, str]] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                first, _, rest = ast.unparse(node.func).partition(".")
                found.append((node, f"{names.get(first, first)}.{rest}".rstrip(".")))
        return found


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    return [Module(path) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def test_imports_go_one_way(modules: list[Module]) -> None:
    wrong = [
        f"{module.path}:{line} imports {name}"
        for module in modules
        for line, name in module.imports()
        if (ours := name.split(".")[0]) in PACKAGES and ours not in MAY_IMPORT[module.package]
    ]
    assert wrong == []


@pytest.mark.parametrize("package", ROOMS)
def test_folders_of_a_package_stack(package: str) -> None:
    rooms = ROOMS[package]
    found = {path.parent.name for path in (ROOT / package).glob("*/*.py")}
    assert found == {*rooms}, "Enter each folder in ROOMS, where it belongs."
    wrong: list[str] = []
    for path, line, name in imports_of(ROOT / package):
        here, parts = path.relative_to(ROOT / package).parts, name.split(".")
        if parts[0] != package or len(here) < 2 or len(parts) < 3 or parts[1] not in rooms:
            continue
        if rooms.index(parts[1]) > rooms.index(here[0]):
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert wrong == []


def test_files_beside_the_folders_of_the_server_stack_with_them() -> None:
    assert [each for each in SERVER if each in ROOMS["server"]] == [*ROOMS["server"]]
    files = {path.stem for path in (ROOT / "server").glob("*.py")}
    assert files == {*SERVER} - {*ROOMS["server"]}, "Enter each file in SERVER, where it belongs."
    wrong: list[str] = []
    for path, line, name in imports_of(ROOT / "server"):
        here, parts = path.relative_to(ROOT / "server").with_suffix("").parts[0], name.split(".")
        if parts[0] == "server" and parts[1] in SERVER and SERVER.index(parts[1]) > SERVER.index(here):
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert wrong == []


def test_no_files_import_each_other_in_a_circle(modules: list[Module]) -> None:
    names = {
        ".".join(module.path.with_suffix("").parts).removesuffix(".__init__"): module for module in modules
    }
    uses = {
        name: {
            found
            for _, full in module.imports()
            if (found := full if full in names else full.rpartition(".")[0]) in names and found != name
        }
        for name, module in names.items()
    }
    # What nobody left imports, and then what only those import, cannot lie in a circle.
    while free := [name for name in uses if not uses[name] & uses.keys()]:
        for name in free:
            del uses[name]
    reached = {name for used in uses.values() for name in used}
    assert sorted(uses.keys() & reached) == []


def test_no_module_is_longer_than_can_be_read(modules: list[Module]) -> None:
    long = {
        str(module.path): lines
        for module in modules
        if (lines := len((ROOT / module.path).read_text("utf-8").splitlines())) > LONGEST
    }
    assert long == {}


def test_a_module_has_a_name_of_its_own_in_its_package(modules: list[Module]) -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for module in modules:
        if (
            len(module.path.parts) > 2
            and not OF_ONE_KIND & {*module.path.parts}
            and module.path.stem[0] != "_"
        ):
            found.setdefault((module.package, module.path.stem), []).append(str(module.path))
    assert [paths for paths in found.values() if len(paths) > 1] == []


def test_a_library_is_imported_where_it_belongs(modules: list[Module]) -> None:
    wrong = [
        f"{module.path}:{line} imports {name}"
        for module in modules
        for line, name in module.imports()
        if module.package not in ONLY_IN.get(name.split(".")[0], {module.package})
    ]
    assert wrong == []


@pytest.mark.threat("S-07")
def test_nothing_but_the_way_out_opens_connections(modules: list[Module]) -> None:
    wrong = [
        f"{module.path}:{line} imports {name}"
        for module in modules
        for line, name in module.imports()
        for library, allowed in NETWORK.items()
        if (name == library or name.startswith(f"{library}."))
        and not module.path.as_posix().startswith(tuple(allowed) or "\0")
    ]
    wrong += [
        f"{module.path}:{call.lineno} calls {name}"
        for module in modules
        for call, name in module.calls
        if name.rpartition(".")[2] in CONNECTS and module.path.as_posix() not in CONNECTS_IN
    ]
    assert wrong == []


def test_the_product_imports_nothing_of_its_tests(modules: list[Module]) -> None:
    test_only = {"tests", "benchmarks", "pytest", "hypothesis", "unittest", "langchain_tests"}
    wrong = [
        f"{module.path}:{line} imports {name}"
        for module in modules
        for line, name in module.imports()
        if name.split(".")[0] in test_only
    ]
    assert wrong == []


def test_a_file_is_named_for_what_it_holds(modules: list[Module]) -> None:
    wrong = [
        str(module.path)
        for module in modules
        if NAMELESS & {*module.path.parts[:-1], module.path.stem.strip("_")}
    ]
    assert wrong == []


@pytest.mark.threat("R-01", "R-03", "R-10", "R-12", "R-15")
def test_nothing_turns_text_into_code(modules: list[Module]) -> None:
    wrong = [
        f"{module.path}:{line} imports {name}"
        for module in modules
        for line, name in module.imports()
        if name.split(".")[0] in UNSAFE_MODULES
    ]
    for module in modules:
        for call, name in module.calls:
            shell = any(
                keyword.arg == "shell"
                and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
                for keyword in call.keywords
            )
            revives = any(
                keyword.arg == "pickle_fallback"
                and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
                for keyword in call.keywords
            )
            executes = name == "compile" and "exec" in ast.unparse(call)
            if name in UNSAFE_CALLS or shell or revives or executes:
                wrong.append(f"{module.path}:{call.lineno} calls {name}")
    assert wrong == []


NESTS_NO_DEEPER = {
    "graphs/parsing/json_faults.py": "its callers say what nests too deep",
    "graphs/parsing/json_text.py": "reads single values",
    "persistence/checkpoints/checkpoint_values.py": "reads what this server has written",
    "persistence/upkeep/value_checks.py": "reads what this server has written",
}


def test_what_takes_broken_json_takes_json_that_nests_too_deep(modules: list[Module]) -> None:
    """msgspec raises RecursionError for it, which is no DecodeError: three kilobytes of ``[`` suffice."""
    wrong = [
        f"{module.path}:{tried.lineno}"
        for module in modules
        if str(module.path) not in NESTS_NO_DEEPER
        for tried in ast.walk(module.tree)
        if isinstance(tried, ast.Try)
        and (caught := " ".join(ast.unparse(each.type) for each in tried.handlers if each.type is not None))
        and ("msgspec.DecodeError" in caught or "msgspec.MsgspecError" in caught)
        and "RecursionError" not in caught
    ]
    assert wrong == []


@pytest.mark.threat("C-02")
def test_no_text_stands_where_nothing_reads_it(modules: list[Module]) -> None:
    lost = [
        f"{module.path}:{text.lineno} {ast.unparse(text)[:60]}"
        for module in modules
        for holder in ast.walk(module.tree)
        for _, body in ast.iter_fields(holder)
        if isinstance(body, list)
        for before, text in pairwise([None, *body])
        if isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant | ast.JoinedStr)
        and getattr(text.value, "value", None) is not ...
        and not isinstance(before, ast.Assign | ast.AnnAssign)
        and (before is not None or not isinstance(holder, DOCUMENTED))
    ]
    assert lost == []


def test_only_the_doors_of_embedded_chats_open_themselves_to_other_origins(modules: list[Module]) -> None:
    opening = [
        str(module.path)
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and "access-control-allow-origin" in str(node.value).lower()
    ]
    assert {*opening} <= {"server/embed/visitor_access.py"}


def test_every_module_says_what_it_is_and_what_it_offers(modules: list[Module]) -> None:
    wrong: list[str] = []
    for module in modules:
        if "migrations" in module.path.parts:
            continue
        if not ast.get_docstring(module.tree):
            wrong.append(f"{module.path} has no docstring")
        defines = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in module.tree.body)
        offers = any(
            isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
            for node in module.tree.body
        )
        if defines and not offers:
            wrong.append(f"{module.path} has no __all__")
    assert wrong == []


def test_starting_the_server_imports_no_engine() -> None:
    heavy = [
        "langgraph",
        "langchain_core",
        "langchain_openai",
        "langchain_ollama",
        "openai",
        "ollama",
        "alembic",
    ]
    program = (
        f"import sys, server.app, server.serving.serve; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


def test_the_command_line_imports_what_a_command_needs_and_no_more() -> None:
    ours = ["server.settings.sources", "server.app", "graphs", "persistence", "litestar", "sqlalchemy"]
    program = f"import sys, server.cli; print([name for name in {ours} if name in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
@pytest.mark.threat("R-18")
def test_no_installed_library_is_older_than_its_last_known_hole(name: str, floor: str) -> None:
    try:
        installed = version(name)
    except PackageNotFoundError:
        return
    assert Version(installed) >= Version(floor)


@pytest.mark.threat("R-18")
def test_the_locks_carry_hashes_and_no_addresses() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        text = lock.read_text("utf-8")
        requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert requirements, f"{lock.name} is empty"
        assert all("==" in line and line.endswith("\\") for line in requirements), lock.name
        assert not any(mark in text for mark in ("://", "--index", "--find-links", "file:", " @ ")), lock.name


def test_the_locks_hold_what_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {"runtime": project["dependencies"], "dev": project["optional-dependencies"]["dev"]}
    from packaging.requirements import Requirement

    for name, requirements in declared.items():
        lock = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        pinned = dict(line.split(" ")[0].split("==") for line in lock.splitlines() if "==" in line)
        for requirement in map(Requirement, requirements):
            found = pinned[requirement.name.lower().replace("_", "-")]
            assert found in requirement.specifier, f"{requirement} is locked at {found}: make lock"
