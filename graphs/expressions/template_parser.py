"""The parser of templates: from text with braces to its parts."""

import re
from collections.abc import Callable, Collection
from typing import TypeVar

from graphs.expressions.bounded_evaluation import ExpressionError
from graphs.expressions.comprehensions import For
from graphs.expressions.grammar import MAX_LENGTH as MAX_EXPRESSION
from graphs.expressions.grammar import Parser
from graphs.expressions.template_parts import ForBlock, IfBlock, Part
from graphs.expressions.terms import Literal, Local, Lookup, Name, Term
from graphs.expressions.tokens import name_hint, unescape

__all__ = ["MAX_LENGTH", "TemplateParser", "tags_as_text"]

MAX_LENGTH = 100_000
"""Characters that a template may have."""
MAX_BLOCKS = 20
"""How many blocks may lie in one another."""

_STRING = r""""[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'"""
_OPENING = re.compile(r"\{\{|\{%-?[ \t]*(?P<word>for|if|elif|else|endif|endfor)(?![\w.-]*\w)")
_TAG = re.compile(r"\{%(?=-?[ \t]*(?:for|if|elif|else|endif|endfor)(?![\w.-]*\w))")
_NAME = re.compile(r"\s*(?P<name>[^\W\d]\w*)")
_TEXT = re.compile(rf"\s*(?P<text>{_STRING})\s*\}}\}}", re.DOTALL)
_KEY = re.compile(
    rf"\.(?P<name>(?!__)[\w-]+)|\[\s*(?:(?P<text>{_STRING})|(?P<index>-?[0-9]{{1,9}}))\s*\]", re.DOTALL
)
_END = re.compile(r"\s*\}\}")
_CALL = re.compile(r"\s*\(")
_ENDS_TRIED = 3
"""How many pairs of closing braces may end an expression: it may have such pairs itself."""

_CONSTANTS = {"true": True, "false": False, "null": None}

T = TypeVar("T")


def tags_as_text(source: str) -> str:
    """Return a template whose text is that of another in which ``{% … %}`` is text."""
    return _TAG.sub('{{ "{%" }}', source)


class _Block:
    """A block that is open, or the template itself."""

    def __init__(self, word: str, at: int) -> None:
        self.word = word
        self.at = at
        self.parts: list[Part] = []
        self.items: For | None = None
        self.cases: list[tuple[Term, tuple[Part, ...]]] = []
        self.condition: Term | None = None
        """What must hold for the parts that are read now; None after ``else``."""
        self.repeated: tuple[Part, ...] | None = None
        """The parts of a ``for`` before its ``else``; None without one."""


class TemplateParser:
    """Parses one template; used once."""

    def __init__(self, source: str, names: Collection[str]) -> None:
        if len(source) > MAX_LENGTH:
            raise ExpressionError(
                f"Expected a template of at most {MAX_LENGTH:,} characters, found {len(source):,}"
            )
        self._source = source
        self._names = names
        self._blocks = [_Block("", 0)]
        self._locals: list[str] = []
        self._closing = -1
        """Where the next braces close, as far as that is known."""
        self._trims = False
        """Whether the tag before takes away the white space behind it."""
        self.paths: list[tuple[str, ...]] = []
        """Its look-ups."""
        self.certain: list[tuple[str, ...]] = []
        """Those of them that stand in no block."""
        self.functions: set[str] = set()
        """The functions that it calls."""

    def parse(self) -> tuple[Part, ...]:
        """Return the parts of the template.

        Raises:
            ExpressionError: something in it is wrong.
        """
        at = begun = 0
        while opening := _OPENING.search(self._source, at):
            start = opening.start()
            if word := opening["word"]:
                self._text(begun, start, trimmed=self._source[start + 2] == "-")
                at = begun = self._tag(word, start, opening.end())
            elif (found := self._braces(start)) is not None:
                self._text(begun, start)
                part, at = found
                begun = at
                self._blocks[-1].parts.append(part)
            else:
                at = start + 1
        self._text(begun, len(self._source))
        block = self._blocks.pop()
        if block.word:
            raise self._error(f"Expected '{{% end{block.word} %}}' for this block, found the end", block.at)
        return tuple(block.parts)

    def _error(self, message: str, at: int) -> ExpressionError:
        return ExpressionError(message, source=self._source, position=at)

    def _text(self, begins: int, ends: int, *, trimmed: bool = False) -> None:
        text = self._source[begins:ends]
        if self._trims:
            text = text.lstrip()
        if trimmed:
            text = text.rstrip()
        if text:
            self._blocks[-1].parts.append(text)
        self._trims = False

    def _braces(self, start: int) -> tuple[Part, int] | None:
        """Return what the braces at `start` hold and the index behind them; None where they are text."""
        if quoted := _TEXT.match(self._source, start + 2, start + 2 + MAX_EXPRESSION):
            return unescape(quoted["text"], self._source, quoted.start("text")), quoted.end()
        named = _NAME.match(self._source, start + 2)
        if named is not None and (looked_up := self._path(named)):
            return looked_up
        known = named is not None and named["name"] in (*self._names, *self._locals)
        called = named is not None and _CALL.match(self._source, named.end()) is not None
        ends = self._end_after(start + 2)
        problem: ExpressionError | None = None
        for _ in range(_ENDS_TRIED):
            if ends < 0 or self._source.find("{{", start + 2, ends) >= 0:
                break
            try:
                parser = Parser(
                    self._source,
                    self._names,
                    given=self._locals,
                    begins=start + 2,
                    ends=ends,
                    later=True,
                )
                term = parser.parse()
            except ExpressionError as error:
                problem = problem or error
                ends = self._source.find("}}", ends + 1, start + 2 + MAX_EXPRESSION)
                continue
            if parser.unknown is not None:
                raise parser.unknown
            if not (known or called or parser.paths):
                return None
            self._learn(parser)
            return term, ends + 2
        if known or (called and problem is not None):
            raise problem or self._error("Expected '}}' after a look-up like nodes.a[\"b\"][0]", start)
        return None

    def _end_after(self, at: int) -> int:
        """Return where the next braces close that an expression from `at` may reach; -1 where none do.

        They are looked for once, however many braces open before them.
        """
        if self._closing < at:
            found = self._source.find("}}", at)
            self._closing = len(self._source) if found < 0 else found
        within = self._closing + 2 <= min(at + MAX_EXPRESSION, len(self._source))
        return self._closing if within else -1

    def _path(self, named: re.Match[str]) -> tuple[Part, int] | None:
        """Return the look-up that begins with a name; None where it is more than a look-up, or none."""
        keys: list[Term] = []
        at = named.end()
        while key := _KEY.match(self._source, at):
            if key["index"] is not None:
                content: str | int = int(key["index"])
            elif key["text"] is not None:
                content = unescape(key["text"], self._source, key.start("text"))
            else:
                content = key["name"]
            keys.append(Literal(at, content))
            at = key.end()
        end = _END.match(self._source, at)
        if end is None:
            return None
        name, place = named["name"], named.start("name")
        if name in self._locals:
            term: Term = Local(place, name)
        elif name in _CONSTANTS and not keys:
            term = Literal(place, _CONSTANTS[name])
        elif name in self._names:
            term = Name(place, name)
            self.paths.append((name, *(str(key.content) for key in keys if isinstance(key, Literal))))
            if len(self._blocks) == 1:
                self.certain.append(self.paths[-1])
        else:
            hint = name_hint(name, [*self._names, *self._locals])
            raise self._error(
                f'There is no name {name[:80]!r}; {hint} (two braces as text are written {{{{ "{{{{" }}}})',
                place,
            )
        return (Lookup(place, term, tuple(keys)) if keys else term), end.end()

    def _learn(self, parser: Parser) -> None:
        self.paths += parser.paths
        if len(self._blocks) == 1:
            self.certain += parser.certain
        self.functions |= parser.functions

    def _tag(self, word: str, start: int, inside: int) -> int:
        """Take in a tag and return the index behind it."""
        block = self._blocks[-1]
        match word:
            case "if" | "for":
                if len(self._blocks) > MAX_BLOCKS:
                    raise self._error(f"Expected at most {MAX_BLOCKS} nested blocks, found more", start)
                self._blocks.append(opened := _Block(word, start))
                if word == "if":
                    opened.condition, end = self._expression(start, inside)
                else:
                    (opened.items, opened.condition), end = self._items(start, inside)
                    self._locals += opened.items.names
                return end
            case "elif" | "else":
                if block.items is not None and word == "else" and block.repeated is None:
                    block.repeated, block.parts = tuple(block.parts), []
                    self._forget(block.items)
                    return self._tag_end(start, inside)
                if block.word != "if" or block.condition is None:
                    raise self._error(f"Expected '{{% if … %}}' before '{{% {word} %}}'", start)
                block.cases.append((block.condition, tuple(block.parts)))
                block.parts = []
                block.condition, end = (
                    self._expression(start, inside)
                    if word == "elif"
                    else (None, self._tag_end(start, inside))
                )
                return end
            case _:
                return self._close(block, word, start, inside)

    def _close(self, block: _Block, word: str, start: int, inside: int) -> int:
        if block.word != word[3:]:
            found = f", which closes the block '{{% {block.word} … %}}'" if block.word else ""
            expected = f"'{{% end{block.word} %}}'" if block.word else f"'{{% {word[3:]} … %}}' before"
            raise self._error(f"Expected {expected}, found '{{% {word} %}}'{found}", start)
        end = self._tag_end(start, inside)
        self._blocks.pop()
        parts = tuple(block.parts)
        if block.items is not None:
            repeated, otherwise = block.repeated, parts
            if repeated is None:
                self._forget(block.items)
                repeated, otherwise = parts, ()
            self._blocks[-1].parts.append(ForBlock(block.items, repeated, block.condition, otherwise))
        else:
            cases = block.cases if block.condition is None else [*block.cases, (block.condition, parts)]
            otherwise = parts if block.condition is None else ()
            self._blocks[-1].parts.append(IfBlock(tuple(cases), otherwise))
        return end

    def _forget(self, items: For) -> None:
        """Take back the names of a block's items."""
        del self._locals[len(self._locals) - len(items.names) :]

    def _tag_end(self, start: int, inside: int) -> int:
        """Return the index behind a tag that has nothing but its word."""
        ends = self._source.find("%}", inside, inside + MAX_EXPRESSION)
        if ends < 0 or self._source[inside:ends].strip(" \t\r\n-"):
            raise self._error("Expected '%}' after the word of this tag", start)
        self._trims = self._source[ends - 1] == "-"
        return ends + 2

    def _expression(self, start: int, inside: int) -> tuple[Term, int]:
        return self._parsed(start, inside, Parser.parse)

    def _items(self, start: int, inside: int) -> tuple[tuple[For, Term | None], int]:
        return self._parsed(start, inside, Parser.parse_for)

    def _parsed(self, start: int, inside: int, parse: Callable[[Parser], T]) -> tuple[T, int]:
        """Return what a tag has behind its word, and the index behind the tag."""
        ends = self._source.find("%}", inside, inside + MAX_EXPRESSION)
        if ends < 0:
            raise self._error(
                "Expected '%}' at the end of this tag ('{%' as text is written {{ \"{%\" }})", start
            )
        trims = self._source[ends - 1] == "-"
        parser = Parser(
            self._source, self._names, given=self._locals, begins=inside, ends=ends - 1 if trims else ends
        )
        found = parse(parser)
        self._learn(parser)
        self._trims = trims
        return found, ends + 2
