"""How the small local model is asked: one tool at a time, bounded forms, short answers."""

from typing import Any

import msgspec

from graphs.conversation.messages import Message, ModelRequest, ToolCall, ToolSpec
from graphs.model_api.provider import Piece
from graphs.providers.small_model import LONGEST_ANSWER, as_call, bounded, tool_to_call, with_form

CALCULATOR = ToolSpec(
    name="calculator",
    description="Works out arithmetic.",
    parameters={
        "type": "object",
        "properties": {"expression": {"type": "string"}, "digits": {"type": "integer"}},
        "required": ["expression"],
    },
)
CLOCK = ToolSpec(
    name="current_time",
    description="Tells the time.",
    parameters={"type": "object", "properties": {"zone": {"type": "string"}}},
)
BOTH = "What time is it, and how much is 17 * (3 + 4)?"


def asking(*messages: Message, **fields: Any) -> ModelRequest:
    tools = fields.pop("tools", [CALCULATOR, CLOCK])
    return ModelRequest(provider="local", model="m", messages=list(messages), tools=tools, **fields)


def user(text: str) -> Message:
    return Message(role="user", content=text)


def used(name: str, result: str) -> tuple[Message, Message]:
    call = ToolCall(id=name, name=name, arguments={})
    return (
        Message(role="assistant", content="", tool_calls=[call]),
        Message(role="tool", content=result, tool_call_id=name, name=name),
    )


def test_tools_are_offered_one_after_the_other_where_the_message_asks_for_them() -> None:
    assert tool_to_call(asking(user("Hello!"))) is None
    assert tool_to_call(asking(user(BOTH))) is CALCULATOR
    after = (user(BOTH), *used("calculator", "119"))
    assert tool_to_call(asking(*after)) is CLOCK
    assert tool_to_call(asking(*after, *used("current_time", "noon"))) is None
    assert tool_to_call(asking(user("Hello!"), tool_choice="required")) is CALCULATOR
    assert tool_to_call(asking(user("Hello!"), tool_choice="current_time")) is CLOCK
    assert tool_to_call(asking(user(BOTH), tool_choice="none")) is None


def test_a_call_is_a_form_of_what_must_be_given_and_what_is_asked_about() -> None:
    request = with_form(asking(user(BOTH)), CALCULATOR)
    assert request.tools == []
    assert request.response_format is not None
    schema = request.response_format["json_schema"]["schema"]
    assert schema["properties"] == {"expression": {"const": "17 * (3 + 4)"}}
    assert (schema["required"], schema["additionalProperties"]) == (["expression"], False)
    piece = as_call(Piece(text='{"expression": "17', finish_reason="length"), CALCULATOR, "call_1")
    assert (piece.text, piece.finish_reason) == ("", "tool_calls")
    assert [(one.id, one.name, one.arguments) for one in piece.tools] == [
        ("call_1", "calculator", '{"expression": "17')
    ]


def test_results_are_facts_beside_the_question_and_earlier_turns_stay() -> None:
    before = (user("Hi"), Message(role="assistant", content="Hello."))
    request = with_form(asking(*before, user(BOTH), *used("calculator", "119")), None)
    assert request.messages[:2] == list(before)
    assert [message.role for message in request.messages] == ["user", "assistant", "user"]
    assert "calculator: 119" in str(request.messages[-1].content)
    assert request.max_tokens == LONGEST_ANSWER
    assert with_form(asking(user("Hi"), max_tokens=7), None).max_tokens == 7


def test_no_text_and_no_list_of_a_form_goes_on_for_ever() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "reason": {"type": "string"},
            "short": {"type": "string", "maxLength": 5},
            "choice": {"type": "string", "enum": ["a" * 300]},
            "list": {"type": "array", "items": {"type": "string"}, "minItems": 6},
        },
    }
    held = bounded(msgspec.json.decode(msgspec.json.encode(schema)))["properties"]
    assert held["reason"]["maxLength"] == 160
    assert held["short"]["maxLength"] == 5
    assert held["choice"] == schema["properties"]["choice"]
    assert (held["list"]["maxItems"], held["list"]["items"]["maxLength"]) == (6, 160)
