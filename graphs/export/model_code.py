"""The code of nodes that ask models: through the chat models of LangChain, tools as tools of LangChain."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from graphs.export.node_code import FunctionCode
from graphs.memory.buffer import Buffer
from graphs.model_nodes.citing_node import SourcedNode
from graphs.model_nodes.model_node import ModelNode
from graphs.nodes.agent import Agent
from graphs.nodes.classify import Classify
from graphs.nodes.decide import Decide
from graphs.nodes.llm import JsonObjectFormat, JsonSchemaFormat, Llm
from graphs.nodes.tool import ToolNode

__all__ = ["PROVIDERS", "model_body"]

PROVIDERS: Mapping[str, str] = {
    "openai": "openai_model",
    "ollama": "ollama_model",
    "anthropic": "anthropic_model",
}
"""Providers with a package of LangChain, and the function of the support code that makes their models."""

_EVERYWHERE = ("temperature", "max_tokens", "top_p", "stop")
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "openai": ("seed", "presence_penalty", "frequency_penalty", "logit_bias", "reasoning_effort"),
    "ollama": ("seed", "top_k", "num_ctx", "keep_alive"),
    "anthropic": ("top_k",),
}
_OTHERS = (
    *("seed", "top_k", "min_p", "presence_penalty", "frequency_penalty", "logit_bias", "user"),
    *("reasoning_effort", "parallel_tool_calls", "chat_template_kwargs"),
    *("num_ctx", "keep_alive", "think", "extra_body"),
)
_TIMEOUTS = "Models have the time-outs of their own packages."
_DIFFERENT: Mapping[str, str] = {
    "model_first_token_seconds": _TIMEOUTS,
    "model_idle_seconds": _TIMEOUTS,
    "speaks": "Streams have the texts of all models. Filter them by `langgraph_node`.",
    "max_calls_at_once": "The calls of one answer have no maximum: `max_tool_calls` counts them all.",
}
"""Fields that are done otherwise, where they are not as usual."""
_TOOLS = ("calculator", "current_time")
"""Tools with an equal in the support code."""


def model_body(code: FunctionCode) -> bool:
    """Write the body of a node that asks a model or uses a tool; say whether its type is one of them."""
    rule = _RULES.get(type(code.node))
    if rule is None:
        return False
    rule(code)
    return True


def _model(code: FunctionCode, *, tools: str = "", schema: str = "") -> str:
    """Return the code of the model that a node asks."""
    node = code.node
    assert isinstance(node, ModelNode)
    if node.connection:
        code.refuse("connection", "A connection is known to the server alone. Set 'provider' and 'model'.")
    if node.credential:
        code.differ("credential", "The key comes from the environment, not from a stored credential.")
    for field in msgspec.structs.fields(node):
        if field.name in _DIFFERENT and getattr(node, field.name) != field.default:
            code.differ(field.name, _DIFFERENT[field.name])
    if not isinstance(node.memory, Buffer) and code.plan.reads(node):
        kind = str(node.memory.__struct_config__.tag)
        code.refuse("memory", f"The memory {kind!r} has no equal. Use 'buffer'.")
    if isinstance(node, SourcedNode) and node.sources:
        code.refuse("sources", "Passages of knowledge bases are on the server alone. Take 'sources' out.")
    chosen = [(node.provider, node.model, "provider")]
    chosen += [(one.provider, one.model, f"fallbacks.{place}") for place, one in enumerate(node.fallbacks)]
    made = [_one_model(code, node, *one) for one in chosen]
    more = [*([f"tools={tools}"] if tools else []), *([f"schema={schema}"] if schema else [])]
    return f"{code.use('models', 'chat_model')}({', '.join([*made, *more])})"


def _one_model(code: FunctionCode, node: ModelNode, provider: str, model: str, field: str) -> str:
    if provider not in PROVIDERS:
        named = f"{provider}/{model}" if provider else "the server's default model"
        code.refuse(
            field,
            f"The model {named} runs on this server alone. Name one of {', '.join(PROVIDERS)}, or export "
            "with 'model', such as openai/gpt-4.1-mini, which takes its place.",
        )
        return "None"
    code.plan.providers[provider] = None
    settings: dict[str, Any] = {}
    known = (*_EVERYWHERE, *_SETTINGS[provider])
    for name in (*_EVERYWHERE, *_OTHERS):
        value = getattr(node, name)
        if value in (None, "", [], {}):
            continue
        if name in known:
            settings[name] = value
        else:
            code.refuse(name, f"'{name}' has no equal for models of {provider}. Leave it out.")
    if node.base_url:
        settings["base_url"] = node.base_url
    given = "".join(f", {name}={value!r}" for name, value in settings.items())
    return f"{code.use('models', PROVIDERS[provider])}({model!r}{given})"


def _question(code: FunctionCode) -> str:
    """Return the code of the messages that end with the question."""
    node, plan = code.node, code.plan
    assert isinstance(node, ModelNode)
    prompt = code.template(node.prompt, "prompt") if node.prompt else "None"
    if not plan.reads(node):
        ask = code.use("conversation", "ask")
        if node.prompt:
            return f"[{ask}({prompt})]"
        return f"[{ask}({_unprompted(code)})]"
    asked = code.use("conversation", "asked")
    if not node.prompt:
        sources = plan.reached(code.id).sources
        answering = [one for one in sources if isinstance(plan.node(one), Llm | Agent)]
        if plan.chat and answering and len(answering) < len(sources) and plan.needs_edges(code.id):
            code.refuse(
                "prompt",
                "Whether it is asked the user's message or what arrived hangs on the way here. Set 'prompt'.",
            )
        if plan.chat and answering:
            history = f"[*state['messages'], {code.use('conversation', 'ask')}({_unprompted(code)})]"
            return f"{code.use('conversation', 'window')}({history}, {node.memory.max_messages})"
        history = f"{asked}(state['messages'], None, {_unprompted(code)})"
    else:
        history = f"{asked}(state['messages'], {prompt})"
    return f"{code.use('conversation', 'window')}({history}, {node.memory.max_messages})"


def _unprompted(code: FunctionCode) -> str:
    """Return the code of what is asked without a prompt: the message where nothing else arrived."""
    return f"{code.use('conversation', 'unprompted')}(state, {code.arrived()})"


def _messages(code: FunctionCode, told: list[str]) -> None:
    """Write the line that makes the messages of a request."""
    node = code.node
    parts = [f"*{code.use('conversation', 'told')}({', '.join(told)})"] if told else []
    if isinstance(node, Llm | Agent) and node.messages:
        shown = [
            f"({one.role!r}, {code.template(one.content, f'messages[{place}].content')})"
            for place, one in enumerate(node.messages)
        ]
        parts.append(f"*{code.use('conversation', 'examples')}({', '.join(shown)})")
    parts.append(f"*{_question(code)}")
    code.lines += ["messages = [", *(f"    {part}," for part in parts), "]"]


def _llm(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, Llm)
    schema = None
    match node.response_format:
        case JsonObjectFormat():
            schema = {"type": "object"}
        case JsonSchemaFormat(json_schema=wanted):
            schema = wanted.schema
        case _:
            pass
    told = [code.template(node.system_prompt, "system_prompt")] if node.system_prompt else []
    _messages(code, told)
    sent = (
        "" if schema is None else "{}" if isinstance(node.response_format, JsonObjectFormat) else repr(schema)
    )
    code.lines.append(f"model = {_model(code, schema=sent)}")
    code.lines.append("answer = await model.ainvoke(messages)")
    more = _joins(code, "[answer]")
    if schema is None:
        code.gives("str(answer.text)", **more)
    else:
        _read_form(code, schema)
        code.gives("value", **more)


def _joins(code: FunctionCode, added: str) -> dict[str, str]:
    """Return how an answer joins the history: of a chat the flow's answer alone does."""
    return {"messages": added} if not code.plan.chat and code.plan.reads(code.node) else {}


def _read_form(code: FunctionCode, schema: Mapping[str, Any]) -> None:
    code.use("answers", "read_form")
    code.use("answers", "read_or_repair")
    code.lines += [
        f"schema = {dict(schema)!r}",
        "value = await read_or_repair(",
        "    answer,",
        "    lambda said: read_form(said, schema),",
        "    lambda more: model.ainvoke([*messages, *more]),",
        ")",
    ]


def _agent(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, Agent)
    if node.agent_id:
        code.refuse("agent_id", "A stored agent is known to the server alone. Copy its fields into the node.")
    told = [code.template(node.instructions, "instructions")] if node.instructions else []
    if node.output_schema is not None:
        schema = msgspec.json.encode(node.output_schema).decode()
        told.append(repr(f"Your answer must be JSON, and nothing else, that fits this JSON Schema: {schema}"))
    _messages(code, told)
    schema_code = "" if node.output_schema is None else repr(node.output_schema)
    if not node.tools:
        code.lines.append(f"model = {_model(code, schema=schema_code)}")
        code.lines.append("answer = await model.ainvoke(messages)")
        added = "[answer]"
    else:
        tools = [_tool(code, entry, f"tools[{place}]") for place, entry in enumerate(node.tools)]
        code.lines.append(f"tools = [{', '.join(tools)}]")
        code.lines.append(f"model = {_model(code, tools='tools')}")
        limits = {
            "turns": (node.max_iterations, 10),
            "calls": (node.max_tool_calls, 25),
            "repeats": (node.max_repeats, 3),
            "answers_at_limit": (node.on_limit == "answer", False),
        }
        given = "".join(f", {name}={value!r}" for name, (value, usual) in limits.items() if value != usual)
        code.lines.append(f"added = await {code.use('agents', 'work')}(model, tools, messages{given})")
        code.lines.append("answer = AIMessage(str(added[-1].text))")
        code.plan.uses.names.setdefault("", {})["AIMessage"] = None
        added = "added"
    more = _joins(code, added)
    if node.output_schema is None:
        code.gives("str(answer.text)", **more)
    else:
        _read_form(code, node.output_schema)
        code.gives("value", **more)


def _tool(code: FunctionCode, entry: Any, field: str) -> str:
    """Return the code of a tool of an agent."""
    settings: dict[str, Any] = {"name": entry} if isinstance(entry, str) else dict(entry)
    name = settings.pop("name", "")
    if name not in _TOOLS:
        code.refuse(
            field,
            f"The tool {name!r} runs on the server alone. Take it out, and write a function of your own in "
            "the exported project.",
        )
        return "None"
    told = {"name": settings.pop("alias", ""), "description": settings.pop("description", "")}
    for other in settings:
        code.refuse(f"{field}.{other}", f"'{other}' of a tool has no equal. Leave it out.")
    tool = code.use("tools", name)
    if not any(told.values()):
        return tool
    more = "".join(f", {field}={value!r}" for field, value in told.items() if value)
    return f"{code.use('tools', 'described')}({tool}{more})"


def _use_tool(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, ToolNode)
    tool = _tool(code, node.tool, "tool")
    code.lines.append(f"result = await {tool}.ainvoke({code.value(node.arguments, 'arguments')})")
    code.gives("result")


def _classify(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, Classify)
    usual = "Say to which class the message of the user belongs. Do not answer the message itself."
    told = code.template(node.instructions, "instructions") if node.instructions else repr(usual)
    _messages(code, [told if not node.instructions else f"{told} or {usual!r}"])
    options = {kind.name: kind.description for kind in node.classes}
    options.setdefault(node.fallback, "None of the others.")
    _options(code, [(name, about, "") for name, about in options.items()])
    code.lines.append(f"model = {_model(code)}")
    code.use("choices", "choose")
    code.use("answers", "Unreadable")
    code.lines += [
        "try:",
        "    [chosen] = (await choose(model, messages, options))['choices']",
        "except Unreadable:",
        f"    chosen = {node.fallback!r}",
    ]
    code.gives("chosen", "chosen")


def _options(code: FunctionCode, options: list[tuple[str, str, str]]) -> None:
    """Write the lines with the options, each with what must hold for it to be offered."""
    always = [f"    {name!r}: {about!r}," for name, about, when in options if not when]
    if len(always) == len(options):
        code.lines += ["options = {", *always, "}"]
        return
    code.lines += ["options: dict[str, str] = {}"]
    for name, about, when in options:
        indent = "    " if when else ""
        if when:
            code.lines.append(f"if {when}:")
        code.lines.append(f"{indent}options[{name!r}] = {about!r}")


def _decide(code: FunctionCode) -> None:
    node, plan = code.node, code.plan
    assert isinstance(node, Decide)
    _options(
        code,
        [
            (
                one.outlet,
                one.description,
                code.expression(one.when, f"choices[{place}].when") if one.when else "",
            )
            for place, one in enumerate(node.choices)
        ],
    )
    taken = "[]"
    if around := plan.around[code.id]:
        taken = f"{code.use('choices', 'taken_before')}(state, {code.id!r}, {around[0]!r})"
    rule = "".join(
        f", {name}={getattr(node, name)!r}" for name in ("fallback", "finish") if getattr(node, name)
    )
    several = ", several=True" if node.several else ""
    match node.strategy:
        case "model":
            told = [code.template(node.instructions, "instructions")] if node.instructions else []
            _messages(code, told)
            code.lines.append(f"model = {_model(code)}")
            task = ", task=True" if node.task else ""
            given = f"model, messages, options, {taken}{rule}{several}{task}"
            call = f"await {code.use('choices', 'decide')}({given})"
        case "keywords":
            words = {one.outlet: list(one.keywords) for one in node.choices}
            prompt = code.template(node.prompt, "prompt") if node.prompt else _unprompted(code)
            code.lines.append(f"prompt = {prompt}")
            given = f"prompt, options, {words!r}, {taken}{several}{rule}"
            call = f"{code.use('choices', 'decide_by_keywords')}({given})"
        case _:
            turn = node.strategy == "in_turn"
            call = f"{code.use('choices', 'decide_in_line')}(options, {taken}, in_turn={turn}{rule})"
    code.lines.append(f"chosen = {call}")
    branches = node.branch and not node.several
    code.gives("chosen", "chosen['choice']" if branches else "")


_RULES: Mapping[type, Callable[[FunctionCode], None]] = {
    Llm: _llm,
    Agent: _agent,
    ToolNode: _use_tool,
    Classify: _classify,
    Decide: _decide,
}
