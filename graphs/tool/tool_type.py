"""Tool: a frozen value that a model, or a flow, can use. One tool is one file in `graphs/tools/`."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from graphs.conversation.files import StoredFile
from graphs.conversation.messages import ToolSpec
from graphs.conversation.tool_questions import ToolQuestion, ToolReply
from graphs.knowledge.retrieved import Retrieved
from graphs.mcp.server_access import CallMCP, CallSample, no_mcp, no_sampling
from graphs.outbound.credentials import Credential
from graphs.outbound.databases import Query, no_databases
from graphs.passage_search.search_request import SearchRequest
from graphs.sandbox.code_sandbox import CodeSandbox
from graphs.values.effects import Effects
from graphs.values.environment import Revealed

if TYPE_CHECKING:
    from graphs.outbound.egress import Egress

__all__ = [
    "NAME",
    "NoArguments",
    "Tool",
    "ToolAsks",
    "ToolContext",
    "ToolError",
    "ToolExample",
    "marks_of",
    "tool",
    "effects_of",
    "is_stored_only",
]

F = TypeVar("F", bound=Callable[..., Any])
_MARKS, _TOUCHES, _STORED = "agenticrag_tool", "agenticrag_touches", "agenticrag_stored_only"
_EXAMPLES = "agenticrag_examples"

NAME = r"^[A-Za-z0-9_-]{1,64}$"
"""What every provider of models takes as a tool's name."""


class ToolError(Exception):
    """A tool cannot do what it was asked. The model reads the message and may try something else."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing
        """Whether the same call may well work in a moment: it is tried again where that does no harm."""


class ToolAsks(Exception):
    """A tool must know more from people before it can give a result: it is run again with their replies."""

    def __init__(self, questions: Sequence[ToolQuestion], state: str) -> None:
        super().__init__("; ".join(question.message for question in questions))
        self.questions = [*questions]
        self.state = state
        """What the tool gets back as `ToolContext.state`."""


async def _no_flow(flow_id: str, version: int | str | None, input: dict[str, Any]) -> Any:
    raise ToolError(f"The flow {flow_id[:80]!r} cannot be run from here.")


async def _no_files(name: str, media_type: str, content: bytes) -> dict[str, Any]:
    raise ToolError(f"The file {name[:80]!r} cannot be kept here.")


async def _nothing_read(ids: Sequence[str]) -> Mapping[str, StoredFile]:
    return {}


async def _no_variables() -> Revealed:
    return Revealed()


async def _no_credential(name: str) -> Credential:
    raise ToolError(f"There is no credential {name[:80]!r} here.")


def _no_progress(progress: float, total: float | None, message: str) -> None:
    """Tell nobody."""


async def _no_knowledge(bases: Sequence[str], request: SearchRequest) -> Retrieved:
    raise ToolError("There are no knowledge bases here.")


class ToolContext(Struct, frozen=True, kw_only=True):
    """What a tool is given beside its arguments."""

    execution_id: str
    session_id: str
    node: str
    idempotency_key: str
    """The same for every repetition of this call: hand it on to who can tell repetitions by it."""
    egress: "Egress"
    """The way out: the only one that may be taken to an address which a flow or a model can influence."""
    credential: Callable[[str], Awaitable[Credential]] = _no_credential
    """From a name to the workspace's credential, for `Outbound`; raises where there is none."""
    env: Callable[[], Awaitable[Revealed]] = _no_variables
    """Returns the workspace variables of the run with their secrets: for headers alone."""
    keep_file: Callable[[str, str, bytes], Awaitable[dict[str, Any]]] = _no_files
    """Keeps a file with the session: from its name, media type and content to a value that names it."""
    query: Query = no_databases
    """Asks a database."""
    sandbox: CodeSandbox = field(default_factory=CodeSandbox)
    """Runs programs in processes of their own."""
    read_files: Callable[[Sequence[str]], Awaitable[Mapping[str, StoredFile]]] = _nothing_read
    """From ids to the files of the session; ids that it does not have are left out."""
    call_flow: Callable[[str, int | str | None, dict[str, Any]], Awaitable[Any]] = _no_flow
    """Runs a flow of the workspace within this run: from its id, version and input to its output."""
    call_mcp: CallMCP = no_mcp
    """Calls a tool of an MCP server of the workspace."""
    sample: CallSample = no_sampling
    """Asks a model for an MCP server that a call waits for."""
    replies: tuple[ToolReply, ...] = ()
    """What people have answered to its `ToolAsks` so far."""
    state: str = ""
    """The state of its last `ToolAsks`."""
    progress: Callable[[float, float | None, str], None] = _no_progress
    """Tells who watches the run how far a use is: what is done, what there is in all, and a message."""
    retrieve: Callable[[Sequence[str], SearchRequest], Awaitable[Retrieved]] = _no_knowledge
    """Searches knowledge bases of the workspace, by their ids or names."""


class ToolExample(Struct, frozen=True, kw_only=True):
    """A use of a tool that is its documentation and its test."""

    title: str
    arguments: dict[str, Any]
    config: dict[str, Any] = field(default_factory=dict[str, Any])
    result: Any = None
    """What it must give; None where that is not the same each time."""


class NoArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say."""


class Tool(Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """Base of all tools: a subclass's fields are its configuration, its docstring is what models are told."""

    alias: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9_-]{0,64}$", description="The name that the model sees; its own if empty."),
    ] = ""
    description: Annotated[
        str, Meta(max_length=4_000, description="What the model is told of it; its own text if empty.")
    ] = ""
    approval: Annotated[
        bool, Meta(description="Whether a person is asked before each use, and may change its arguments.")
    ] = False
    repeatable: Annotated[
        bool,
        Meta(
            description="Whether it does no harm to make a call again that may have worked. Where it does, a "
            "call that a crash cut off waits for a person's decision."
        ),
    ] = True

    arguments: ClassVar[type[Struct]] = NoArguments
    """What a call may say: its JSON Schema is what the model gets, its fields what `run` takes."""
    examples: ClassVar[tuple[ToolExample, ...]] = ()
    bounded_by_run: ClassVar[bool] = False
    """True where a use takes as long as it takes within the run's limits, and is never tried again."""
    needs_author: ClassVar[bool] = False
    """Whether who names it in a chat's own `config` needs the rights to store a flow, whatever it touches."""
    stored_only: ClassVar[bool] = False
    """Whether only stored flows may use it: no chat may name it in its own `config`, whoever asks."""

    @property
    def own_name(self) -> str:
        """The name by which flows ask for it."""
        return str(self.__struct_config__.tag)

    @property
    def called(self) -> str:
        """The name that the model sees."""
        return self.alias or self.own_name

    def parameters(self) -> dict[str, Any]:
        """Return the JSON Schema of the arguments."""
        return _schema(self.arguments)

    def spec(self) -> ToolSpec:
        """Return the tool as a model sees it."""
        told = self.description or inspect.getdoc(type(self)) or ""
        return ToolSpec(name=self.called, description=told, parameters=self.parameters())

    def problem(self) -> str:
        """Return why this configuration cannot be used though it decodes: a sentence; empty where it can."""
        return ""

    def env_templates(self) -> dict[str, str]:
        """Return the templates that look up workspace variables, by field: secret ones may be among them."""
        return {}

    def credentials(self) -> dict[str, str]:
        """Return the stored credentials that this configuration names, by field."""
        return {}

    def connections(self) -> dict[str, str]:
        """Return the connections that this configuration names, by field."""
        return {}

    def advice(self) -> dict[str, str]:
        """Return what runs and had better be otherwise, a sentence by field: `check` warns of it."""
        return {}

    def calls(self) -> tuple[str, int | str | None] | None:
        """Return the flow that it runs, by id and version or label (None: the current one); None for none."""
        return None

    def touches(self) -> Effects:
        """Return what comes in from outside by this tool and what may leave by it: `check` warns where too
        much of it meets."""
        return Effects()

    def shown(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments as the journal and the flow's owner see them: without secrets."""
        return arguments

    def repeats(self, arguments: dict[str, Any]) -> bool:
        """Say whether this very call may be made again by itself when it failed on the way."""
        return self.repeatable

    def when_cut(self, value: Any) -> str:
        """Return what a model is told beside, where a result is too long for it; empty for nothing."""
        return ""

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Do it, and return what the model reads: text, or plain JSON.

        Args:
            arguments: They fit `parameters`.
            context: Where it is used, and the way out.

        Raises:
            ToolError: it cannot be done.
        """
        raise NotImplementedError(f"{type(self).__name__} does not run.")


def tool(
    *,
    repeatable: bool = True,
    approval: bool = False,
    stored_only: bool = False,
    touches: Effects | None = None,
    examples: "Sequence[ToolExample]" = (),
) -> Callable[[F], F]:
    """Say how a Python function is to be used as a tool, where it is not used as most are.

    Args:
        repeatable: False where it does harm to make a call again that may have worked.
        approval: True where a person is to be asked before each use.
        stored_only: True where only stored flows may use it, never a chat's own `config`.
        touches: What comes in from outside by it and what may leave: ``Touches(private="the mailbox")``.
            None for a function that has nothing to do with the outside.
        examples: Uses of it, which are its documentation and its tests.
    """

    def mark(function: F) -> F:
        setattr(function, _MARKS, {"repeatable": repeatable, "approval": approval})
        setattr(function, _TOUCHES, touches or Effects())
        setattr(function, _STORED, stored_only)
        setattr(function, _EXAMPLES, tuple(examples))
        return function

    return mark


def marks_of(function: Callable[..., Any]) -> dict[str, bool]:
    """Return what `tool` has said of a function; empty where it has said nothing."""
    return getattr(function, _MARKS, {})


def effects_of(function: Callable[..., Any]) -> Effects:
    """Return what `tool` has said that a function touches."""
    return getattr(function, _TOUCHES, Effects())


def is_marked(thing: Any) -> bool:
    """Say whether `tool` has said anything of a function."""
    return hasattr(thing, _MARKS)


def examples_of(function: Callable[..., Any]) -> tuple[ToolExample, ...]:
    """Return the examples that `tool` was given for a function."""
    return getattr(function, _EXAMPLES, ())


def is_stored_only(function: Callable[..., Any]) -> bool:
    """Say whether `tool` has said that only stored flows may use a function."""
    return getattr(function, _STORED, False)


@lru_cache(maxsize=512)
def _schema(arguments: type[Struct]) -> dict[str, Any]:
    (reference,), components = msgspec.json.schema_components([arguments], ref_template="#/$defs/{name}")
    schema: dict[str, Any] = components.pop(reference["$ref"].rpartition("/")[2])
    for noise in ("title", "description"):
        schema.pop(noise, None)
    return {**schema, "$defs": components} if components else schema
