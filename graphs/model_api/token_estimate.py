"""An estimate of tokens without a tokenizer, for providers that count none: always flagged as one.

One token for every four bytes of UTF-8, rounded up: about right for English prose, on the low side for code.
Each message adds 4 for its envelope, each image `IMAGE_TOKENS`. No vocabulary is loaded: the usual ones are
fetched from the internet at their first use.
"""

import msgspec

from graphs.conversation.messages import Message, ModelRequest, Usage

__all__ = ["IMAGE_TOKENS", "estimate_tokens", "estimate_usage"]

IMAGE_TOKENS = 1000
_MESSAGE_TOKENS = 4


def estimate_tokens(text: str) -> int:
    """Return about how many tokens `text` is; 0 for the empty text."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    return -(-size // 4)


def estimate_usage(request: ModelRequest, output: str, reasoning: str = "") -> Usage:
    """Return the usage that a request and an answer, whole or partial, come to."""
    asked = sum(_of_message(message) for message in request.messages)
    if request.tools:
        asked += -(-len(msgspec.json.encode(request.tools)) // 4)
    thought = estimate_tokens(reasoning)
    return Usage(
        input_tokens=asked,
        output_tokens=estimate_tokens(output) + thought,
        reasoning_tokens=thought,
        estimated=True,
    )


def _of_message(message: Message) -> int:
    count = _MESSAGE_TOKENS
    if isinstance(message.content, str):
        count += estimate_tokens(message.content)
    else:
        for part in message.content:
            count += (
                IMAGE_TOKENS
                if part.get("type") == "image_url"
                else estimate_tokens(str(part.get("text", "")))
            )
    if message.tool_calls:
        count += -(-len(msgspec.json.encode(message.tool_calls)) // 4)
    return count
