"""Tool calls that a model has written into its text, in the markup of its family.

Servers whose parser of tool calls is off, or is another family's, send them so. They count only at the end of
a text, with the markup of a call, and with the name of a tool that was offered. Calls as bare JSON count only
where they are the whole text.
"""

import ast
import html
import json
import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from graphs.model_output.call_arguments import closed
from graphs.parsing.json_text import json_values, tolerant_json
from graphs.parsing.text import TextError, clean

__all__ = ["calls_in_text"]

_OPENERS = {
    "<tool_call>": "</tool_call>",
    "<tool_calls>": "</tool_calls>",
    "<function=": "</function>",
    "<function_calls>": "</function_calls>",
    "<antml:function_calls>": "</antml:function_calls>",
    "<minimax:tool_call>": "</minimax:tool_call>",
    "[TOOL_CALLS]": "",
    "<|python_tag|>": "",
    "<|tool_call|>": "",
    "<｜tool▁calls▁begin｜>": "<｜tool▁calls▁end｜>",
    "<|tool_calls_section_begin|>": "<|tool_calls_section_end|>",
    "<|tool_call_section_begin|>": "<|tool_call_section_end|>",
    "<|tool_call_begin|>": "",
    "<|tool_call_start|>": "<|tool_call_end|>",
    "<|action_start|>": "<|action_end|>",
    "<|START_ACTION|>": "<|END_ACTION|>",
    "<seed:tool_call>": "</seed:tool_call>",
    "<function_call>": "</function_call>",
    "<longcat_tool_call>": "</longcat_tool_call>",
    "<TOOLCALL>": "</TOOLCALL>",
    "<｜DSML｜function_calls>": "</｜DSML｜function_calls>",
    "<|tool_call>": "<tool_call|>",
    "```tool_code\n": "```",
    "<tools>": "</tools>",
    "<tool>": "</tool>",
    "<tool_use>": "</tool_use>",
    "<tool_call name=": "</tool_call>",
    "<function name=": "</function>",
    "<invoke name=": "</invoke>",
    "[TOOL_REQUEST]": "[END_TOOL_REQUEST]",
    "functools[": "",
    "<start_function_call>": "<end_function_call>",
    "<|tools_prefix|>": "<|tools_suffix|>",
    "<|python_start|>": "<|python_end|>",
    "<｜tool_calls_begin｜>": "<｜tool_calls_end｜>",
    "✿FUNCTION✿:": "",
}
_NAMED = ("<tool_call name=", "<function name=", "<invoke name=")
"""What opens a call and has its tool's name."""
_ARGUMENTS = ("arguments", "parameters", "args", "input")
_CALL_FIELDS = frozenset({"type", "id", "index", "function"})
_AROUND = frozenset({"tool_calls", "tool_call", "function_calls", "function_call"})
"""The only field of an object that has calls and nothing else."""
_FENCED = re.compile(r"```[ \t]*+[\w-]*+[ \t]*+\n(.*)```", re.DOTALL)
_BARE_NAME = re.compile(r"(^|[{,]\s*)(\w+):")
_IN_TAGS = re.compile(r"<name>([^<]*+)</name>\s*+<(?:arguments|parameters|input)>(.*)</\w+>", re.DOTALL)
_QUOTES = "`'\"“«"
_MOST = 100
"""Calls of one text."""
_LONGEST = 200_000
"""Characters of a text that is looked at."""
_LONGEST_CODE = 20_000
"""Characters of calls that are written as code."""

Call = tuple[str, dict[str, Any]]
Properties = Mapping[str, Mapping[str, Any]]
"""Of each tool that was offered, the schemas of its arguments."""


def calls_in_text(text: str, tools: Properties, *, bare: bool = True) -> tuple[str, list[Call]] | None:
    """Return the text before the calls that it ends with, and the calls; None where it has none.

    Args:
        text: The whole text of an answer.
        tools: The tools that were offered.
        bare: Whether JSON without any markup may be a call.
    """
    if not tools or len(text) > _LONGEST:
        return None
    found = [(place, opener) for opener in _OPENERS if (place := text.find(opener)) >= 0]
    if not found:
        whole = _bare(text.strip(), tools) if bare else None
        return ("", whole) if whole else None
    place, opener = min(found)
    if text[place - 1 : place] and text[place - 1] in _QUOTES:
        return None
    kept = opener == "<function=" or opener in _NAMED
    body = text[place:] if kept else text[place + len(opener) - (opener == "functools[") :]
    calls: list[Call] = []
    for block in _blocks(body, opener):
        read = _read(block.strip(), tools)
        if read is None or len(calls) > _MOST:
            return None
        calls += read
    return (text[:place].rstrip(), calls) if calls else None


def _bare(text: str, tools: Properties) -> list[Call] | None:
    """Return the calls that a text is as JSON, in a fence or not, without the markup of any family.

    It counts only where nothing else is said: not one word, and no field that a call does not have.
    """
    if found := _FENCED.fullmatch(text):
        text = found[1].strip()
    if text[:1] not in ("{", "[") or text[-1:] not in ("}", "]"):
        return None
    if calls := _pythonic(text, tools):
        return calls
    given = tolerant_json(text)
    if isinstance(given, dict) and len(cast("dict[str, Any]", given)) == 1:
        ((key, inner),) = cast("dict[str, Any]", given).items()
        given = inner if key in _AROUND else cast("dict[str, Any]", given)
    listed = cast("list[Any]", given) if isinstance(given, list) else [given]
    calls = []
    for each in listed[: _MOST + 1]:
        if not isinstance(each, dict):
            return None
        call = cast("dict[str, Any]", each)
        if isinstance(inner := call.get("function"), dict) and call.keys() <= _CALL_FIELDS:
            call = cast("dict[str, Any]", inner)
        arguments = next((call[name] for name in _ARGUMENTS if name in call), None)
        named = call.get("name", call.get("function", call.get("tool")))
        if arguments is None or len(call.keys() - {"type", "id"}) != 2 or not isinstance(named, str):
            return None
        one = _call(named, arguments, tools)
        if one is None:
            return None
        calls += one
    return calls if len(calls) <= _MOST else None


def _blocks(body: str, opener: str) -> list[str]:
    """Return what stands between the marks of each block; nothing may stand between the blocks."""
    closer = _OPENERS[opener]
    if opener == "<function=":
        # A server has taken away what opens the block around it, and not what closes it.
        body = body.rstrip().removesuffix("</tool_call>")
    elif opener == "<|tool_call_begin|>":
        body = opener + body
    elif opener in _NAMED:
        # What the first block keeps, each has.
        return [part for part in map(str.strip, body.split(closer)) if part]
    if not closer:
        return [part for part in body.split("[TOOL_CALLS]") if part.strip()]
    parts = body.split(closer)
    blocks = [parts[0], *(part.strip().removeprefix(opener) for part in parts[1:] if part.strip())]
    return [f"<function={block}" if opener == "<function=" and n else block for n, block in enumerate(blocks)]


def _read(block: str, tools: Properties) -> list[Call] | None:
    """Return the calls of a block; None where it is something else."""
    for prefix in ("｜DSML｜", "antml:"):
        block = block.replace(f"<{prefix}", "<").replace(f"</{prefix}", "</")
    block = (
        block.replace("steptml:", "")
        .removeprefix("<｜tool_call_begin｜>")
        .removesuffix("<｜tool_call_end｜>")
    )
    block = block.removeprefix("function<｜tool_sep｜>")
    for mark in ("<invoke name=", *_NAMED):
        if mark in block:
            return _each(block, mark, tools, _invoked)
    if "<｜tool▁call▁begin｜>" in block:
        return _each(block, "<｜tool▁call▁begin｜>", tools, _separated)
    if "<|tool_call_begin|>" in block:
        return _each(block, "<|tool_call_begin|>", tools, _separated)
    if block.startswith("<function="):
        return _each(block, "<function=", tools, _tagged)
    if "<arg_key>" in block:
        name, _, pairs = block.partition("<arg_key>")
        found = {
            key.strip(): value.partition("<arg_value>")[2].partition("</arg_value>")[0]
            for key, _, value in (pair.partition("</arg_key>") for pair in pairs.split("<arg_key>"))
        }
        return _call(name.strip(), found, tools)
    for separator in ("[ARGS]", "✿ARGS✿:"):
        name, mark, arguments = block.partition(separator)
        if mark:
            return _call(name.partition("[CALL_ID]")[0].strip(), tolerant_json(arguments), tools)
    if tagged := _IN_TAGS.fullmatch(block):
        return _call(tagged[1].strip(), tolerant_json(tagged[2]), tools)
    block = block.removeprefix("<|plugin|>").strip()
    if block.startswith(("{&quot;", "[{&quot;", "{&#34;")):
        block = html.unescape(block)
    if block.startswith("call:"):
        block = _unquoted(block.replace("<escape>", '<|"|>'))
    if block[:1] not in ("{", "[") and block.endswith("}"):
        name, brace, rest = block.partition("{")
        return _call(name.strip(), tolerant_json(brace + rest), tools)
    if written := _pythonic(block if block[:1] == "[" else f"[{','.join(block.splitlines())}]", tools):
        return written
    given = next(json_values(closed(block)), None)
    listed = cast("list[Any]", given) if isinstance(given, list) else [given]
    calls: list[Call] = []
    for each in listed:
        if not isinstance(each, dict):
            return None
        call = cast("dict[str, Any]", each)
        inner = call.get("function")
        call = cast("dict[str, Any]", inner) if isinstance(inner, dict) else call
        if len(call) == 1 and isinstance(given := call.get(next(iter(call))), dict):
            # The name with its arguments, as Apertus writes them.
            call = {"name": next(iter(call)), "arguments": given}
        named = str(call.get("name") or call.get("tool_name") or (inner if isinstance(inner, str) else ""))
        one = _call(named, call.get("arguments", call.get("parameters", {})), tools)
        if one is None:
            return None
        calls += one
    return calls


def _unquoted(block: str) -> str:
    """Return what Gemma writes as ``call:name{key:<|"|>value<|"|>}`` with JSON for its arguments."""
    name, _, rest = block.removeprefix("call:").partition("{")
    pieces = rest.split('<|"|>')
    # Between the marks is text; outside of them stand names without quotes.
    told = [
        json.dumps(piece) if n % 2 else _BARE_NAME.sub(r'\1"\2":', piece) for n, piece in enumerate(pieces)
    ]
    return f"{name}{{{''.join(told)}"


def _pythonic(text: str, tools: Properties) -> list[Call] | None:
    """Return the calls that a text is in Python's way, ``[name(key="value")]``, as Llama and LFM write
    them."""
    if not (text.startswith("[") and text.endswith(")]")) or len(text) > _LONGEST_CODE:
        return None
    try:
        listed = ast.parse(text, mode="eval").body
        if not isinstance(listed, ast.List):
            return None
        calls: list[Call] = []
        for call in listed.elts[: _MOST + 1]:
            if not isinstance(call, ast.Call) or call.args:
                return None
            given = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
            one = _call(ast.unparse(call.func), clean(given), tools)
            if one is None:
                return None
            calls += one
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError, TextError):
        return None
    return calls if len(calls) <= _MOST else None


def _each(block: str, mark: str, tools: Properties, read: Any) -> list[Call] | None:
    before, *parts = block.split(mark)
    calls: list[Call] = []
    for part in parts:
        name, arguments = read(part)
        one = _call(name, arguments, tools)
        if one is None:
            return None
        calls += one
    return None if before.strip() else calls


def _invoked(part: str) -> tuple[str, Any]:
    """Read ``"name"><parameter name="key">value</parameter></invoke>``."""
    name, _, rest = part.partition(">")
    name = name.strip()
    name = name[1:].partition(name[0])[0] if name[:1] in ('"', "'") else name
    if (
        "<parameter name=" not in rest
        and (given := next(json_values(rest.partition("</")[0]), None)) is not None
    ):
        return name, given
    return name, _parameters(rest, "<parameter name=")


def _tagged(part: str) -> tuple[str, Any]:
    """Read ``name><parameter=key>value</parameter></function>``, or ``name>{…}``."""
    name, mark, rest = part.partition(">")
    if "{" in name:
        # Groq's models leave out what ends the name.
        name, _, given = f"{name}{mark}{rest}".partition("{")
        return name.strip(" =(\n"), next(json_values("{" + given.partition("</function>")[0]), None)
    if "<parameter=" not in rest:
        return name.strip(), tolerant_json(rest.partition("</function>")[0]) or {}
    return name.strip(), _parameters(rest, "<parameter=")


def _parameters(text: str, mark: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in text.split(mark)[1:]:
        key, _, value = each.partition(">")
        key = key.strip()
        # Attributes may follow the name, as in ``"key" string="true"``.
        key = key[1:].partition(key[0])[0] if key[:1] in ('"', "'") else key
        found[key] = value.partition("</parameter>")[0].strip("\n")
    return found


def _separated(part: str) -> tuple[str, Any]:
    """Read what DeepSeek and Kimi write: a name and JSON, between marks."""
    for separator in ("<｜tool▁sep｜>", "<|tool_call_argument_begin|>"):
        name, mark, rest = part.partition(separator)
        if not mark:
            continue
        if name.strip() == "function":
            name, _, rest = rest.partition("\n")
        name = name.strip().removeprefix("functions.").partition(":")[0]
        return name, next(
            json_values(rest.partition("<｜tool▁call▁end｜>")[0].partition("<|tool_call_end|>")[0]), None
        )
    return "", None


def _call(name: str, arguments: Any, tools: Properties) -> list[Call] | None:
    """Return a call of a tool that was offered; None where it is none."""
    if isinstance(arguments, str):
        arguments = tolerant_json(arguments)
    if name not in tools or not isinstance(arguments, dict):
        return None
    given = cast("dict[str, Any]", arguments)
    return [(name, {key: _typed(value, tools[name].get(key)) for key, value in given.items()})]


def _typed(value: Any, schema: Any) -> Any:
    """Return a value that was written as text in the type that its schema has."""
    kind: Any = cast("Mapping[str, Any]", schema).get("type") if isinstance(schema, dict) else None
    if not isinstance(value, str) or kind in (None, "string"):
        return value
    try:
        return msgspec.json.decode(value.strip())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return value
