"""Tool calls in every form that servers give them."""

import json
from typing import Any

from tests.graphs.providers.wire_shapes import Shape, as_json, chunk, finish, good, tool
from tests.runtimes.wire_server import http

__all__ = ["CALLS"]

_E = '{"expression": "6*7"}'
_MEANT = (("calculator", {"expression": "6*7"}),)
_BOTH = (*_MEANT, ("calculator", {"expression": "10+1"}))
_E2 = '{"expression": "10+1"}'


def _calls(
    name: str,
    *deltas: Any,
    meant: Any = _MEANT,
    end: Any = "tool_calls",
    text: str = "",
    ending: str = "tool_calls",
) -> Shape:
    chunks = [chunk({"tool_calls": [*delta]} if isinstance(delta, tuple) else delta) for delta in deltas]
    return good(f"calls_{name}", *chunks, finish(end), calls=meant, text=text, ending=ending)


CALLS: tuple[Shape, ...] = (
    _calls(
        "plain",
        (tool(0, "a", "calculator", ""),),
        (tool(0, None, None, _E[:9]),),
        (tool(0, None, None, _E[9:]),),
    ),
    _calls("one_piece", (tool(0, "a", "calculator", _E),)),
    _calls("object_arguments", (tool(0, "a", "calculator", {"expression": "6*7"}),)),
    _calls(
        "name_each_time",
        (tool(0, "a", "calculator", ""),),
        (tool(0, "a", "calculator", _E[:9]),),
        (tool(0, "a", "calculator", _E[9:]),),
    ),
    _calls(
        "name_each_time_no_id", (tool(0, None, "calculator", _E[:9]),), (tool(0, None, "calculator", _E[9:]),)
    ),
    _calls(
        "name_in_parts",
        (tool(0, "a", "calc", ""),),
        (tool(0, None, "ulator", ""),),
        (tool(0, None, None, _E),),
    ),
    _calls(
        "name_that_grows",
        (tool(0, "a", "calc", ""),),
        (tool(0, "a", "calculator", ""),),
        (tool(0, "a", "", _E),),
    ),
    _calls("name_late", (tool(0, "a", None, ""),), (tool(0, None, "calculator", _E),)),
    _calls("no_index", (tool(None, "a", "calculator", ""),), (tool(None, None, None, _E),)),
    _calls("index_text", (tool("0", "a", "calculator", ""),), (tool("0", None, None, _E),)),
    _calls("index_null_then_0", (tool(None, "a", "calculator", _E[:9]),), (tool(0, "a", None, _E[9:]),)),
    _calls("id_number", (tool(0, 7, "calculator", _E),)),
    _calls(
        "new_id_each_time",
        (tool(0, "a", "calculator", ""),),
        (tool(0, "b", None, _E[:9]),),
        (tool(0, "c", None, _E[9:]),),
    ),
    _calls(
        "new_id_and_name_each_time",
        (tool(0, "a", "calculator", ""),),
        (tool(0, "b", "calculator", _E[:9]),),
        (tool(0, "c", "calculator", _E[9:]),),
    ),
    _calls(
        "empty_object_first",
        (tool(0, "a", "calculator", "{}"),),
        (tool(0, None, None, _E[:9]),),
        (tool(0, None, None, _E[9:]),),
    ),
    _calls(
        "empty_object_first_whole", (tool(0, "a", "calculator", "{}"),), (tool(0, "a", "calculator", _E),)
    ),
    _calls("repeated", (tool(0, "a", "calculator", _E),), (tool(0, "a", "calculator", _E),)),
    _calls(
        "repeated_under_another_index", (tool(0, "a", "calculator", _E),), (tool(1, "a", "calculator", _E),)
    ),
    _calls("repeated_without_id", (tool(0, None, "calculator", _E),), (tool(0, None, "calculator", _E),)),
    _calls(
        "growing",
        (tool(0, "a", "calculator", _E[:9]),),
        (tool(0, "a", "calculator", _E[:15]),),
        (tool(0, "a", "calculator", _E),),
    ),
    _calls("double_encoded", (tool(0, "a", "calculator", json.dumps(_E)),)),
    _calls("fenced", (tool(0, "a", "calculator", f"```json\n{_E}\n```"),)),
    _calls("closed_twice", (tool(0, "a", "calculator", _E + "}"),)),
    _calls("in_a_list", (tool(0, "a", "calculator", f"[{_E}]"),)),
    _calls("white_space", (tool(0, "a", "calculator", f"\n {_E} \n"),)),
    _calls(
        "new_line_in_text",
        (tool(0, "a", "calculator", '{"expression": "6*\n7"}'),),
        meant=(("calculator", {"expression": "6*\n7"}),),
    ),
    _calls("no_arguments", (tool(0, "a", "calculator"),), meant=(("calculator", {}),)),
    _calls("null_arguments", (tool(0, "a", "calculator", "null"),), meant=(("calculator", {}),)),
    _calls(
        "legacy",
        {"function_call": {"name": "calculator", "arguments": ""}},
        {"function_call": {"arguments": _E}},
        end="function_call",
    ),
    _calls("flat", {"tool_calls": [{"id": "a", "name": "calculator", "arguments": {"expression": "6*7"}}]}),
    _calls("not_in_a_list", {"tool_calls": tool(0, "a", "calculator", _E)}),
    _calls("name_with_channel", (tool(0, "a", "calculator<|channel|>commentary", _E),)),
    _calls("name_with_prefix", (tool(0, "a", "functions.calculator", _E),)),
    _calls("finish_stop", (tool(0, "a", "calculator", _E),), end="stop", ending="stop"),
    _calls("after_text", {"content": "Let me see."}, (tool(0, "a", "calculator", _E),), text="Let me see."),
    _calls(
        "parallel",
        (tool(0, "a", "calculator", ""),),
        (tool(0, None, None, _E),),
        (tool(1, "b", "calculator", ""),),
        (tool(1, None, None, _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_from_1", (tool(1, "a", "calculator", _E),), (tool(2, "b", "calculator", _E2),), meant=_BOTH
    ),
    _calls(
        "parallel_interleaved",
        (tool(0, "a", "calculator", ""), tool(1, "b", "calculator", "")),
        (tool(0, None, None, _E),),
        (tool(1, None, None, _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_one_chunk",
        (tool(None, None, "calculator", _E), tool(None, None, "calculator", _E2)),
        meant=_BOTH,
    ),
    _calls(
        "parallel_index_0", (tool(0, "a", "calculator", _E),), (tool(0, "b", "calculator", _E2),), meant=_BOTH
    ),
    _calls(
        "parallel_index_0_no_id",
        (tool(0, None, "calculator", _E),),
        (tool(0, None, "calculator", _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_index_0_in_parts",
        (tool(0, "a", "calculator", ""),),
        (tool(0, None, None, _E),),
        (tool(0, "b", "calculator", ""),),
        (tool(0, None, None, _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_no_index_in_parts",
        (tool(None, "a", "calculator", ""),),
        (tool(None, None, None, _E),),
        (tool(None, "b", "calculator", ""),),
        (tool(None, None, None, _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_ids_tell",
        (tool(0, "a", "calculator", ""),),
        (tool(0, "b", "calculator", ""),),
        (tool(0, "a", None, _E),),
        (tool(0, "b", None, _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_one_id", (tool(0, "a", "calculator", _E),), (tool(1, "a", "calculator", _E2),), meant=_BOTH
    ),
    _calls(
        "parallel_two_tools",
        (tool(0, None, "calculator", _E),),
        (tool(0, None, "current_time", "{}"),),
        meant=(*_MEANT, ("current_time", {})),
    ),
    good(
        "calls_in_another_choice",
        {
            "choices": [
                {"index": 0, "delta": {"content": "Let me see."}},
                {"index": 1, "delta": {"tool_calls": [tool(0, "a", "calculator", _E)]}},
            ]
        },
        finish("tool_calls"),
        calls=_MEANT,
        text="Let me see.",
        ending="tool_calls",
    ),
    Shape(
        "calls_in_json",
        (
            http(
                200,
                as_json(
                    {
                        "choices": [
                            {
                                "message": {
                                    "content": None,
                                    "tool_calls": [tool(None, "a", "calculator", _E)],
                                },
                                "finish_reason": "tool_calls",
                            }
                        ]
                    }
                ),
            ),
        ),
        calls=_MEANT,
        text="",
        ending="tool_calls",
    ),
    good(
        "calls_repeated_by_a_message",
        chunk({"tool_calls": [tool(0, "a", "calculator", _E)]}),
        {
            "choices": [
                {
                    "delta": {},
                    "message": {"content": None, "tool_calls": [tool(None, "a", "calculator", _E)]},
                    "finish_reason": "tool_calls",
                }
            ]
        },
        calls=_MEANT,
        text="",
        ending="tool_calls",
    ),
)
