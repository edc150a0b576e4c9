"""Write the page about expressions and templates into ``docs/``: ``python -m graphs.expressions``."""

from collections.abc import Iterator
from pathlib import Path

from graphs.expressions import ABOUT
from graphs.expressions.calls import SPECIAL
from graphs.expressions.functions import GROUPS

__all__ = ["FILE", "main", "page"]

FILE = "expressions.md"
"""The page in ``docs/``."""

_TEXT = """# Expressions and templates

<!-- Written by `python -m graphs.expressions` from the files in graphs/expressions/. Do not edit. -->

An **expression** computes a value: `input.total > 100`. A **template** is text with expressions:
`Dear {{ variables.name }}`. This page lists what both can use.

## Data

| name | value |
|---|---|
<<names>>

## References

- `a.key`, `a["any key"]`, `a[0]`, `a[-1]` for the last item, and `a[1:3]` for a part.
- A missing value is an error. The message lists what exists.
- `default(x, otherwise)` returns `otherwise` if `x` is missing or null. `exists(x)` returns true or false.

## Expressions

Example: `nodes.score.value >= 0.5 and "refund" in lower(message)`

- Values: `12`, `1.5`, `20%`, `"text"`, `'text'`, `true`, `false`, `null`, `[a, b]`,
  `{key: a, "other key": b, [computed]: c}`.
- Numbers: `+ - * / % **`. Texts and lists: `+`.
- Comparisons: `== != < <= > >=`, `in`, `not in`.
- Logic: `and`, `or`, `not`, `a if condition else b`.
- Null, false, 0 and empty values count as false.
- Lists and objects from others: `[p.name for p in input.people if p.age > 30]`,
  `{k: v * 2 for k, v in items(nodes.prices)}`, `sum(p.price for p in nodes.cart)`.
- A division without remainder returns an integer: `6 / 3` is `2`. A whole number is accepted where an integer
  is expected.

An expression can use only these values and functions. It cannot run code. Limits: 4,000 characters, 50 nested
parts, and results of 1,000,000 characters. An item of a list or object counts as its text and 2 characters.
The templates of one field of a node, or of one webhook, give at most 10,000,000 characters together.

## Templates

Write expressions between double braces: `{{ nodes["llm-1"].items[0] }}` or
`{{ default(input.name, "you") }}`.

- A value is inserted as text and never read as a template again.
- Objects and lists become JSON. Null becomes an empty text.
- `for` repeats a part, `if` chooses one:

```text
{% for i, city in enumerate(input.cities) %}{{ i + 1 }}. {{ city.name }}
{% endfor %}{% if input.cities %}Which?{% else %}Where?{% endif %}
```

- In a `for`, what follows `{% else %}` stands where there are no items, or none passes its `if`.
- A `-` next to the `%`, as in `{%- if … -%}`, removes the white space on that side.
- Braces are text if they look nothing up and call no function, such as `{{ 7 * 7 }}` and those of JSON. To
  write braces that would be read, use `{{ "{{" }}` and `{{ "{%" }}`.

## Functions

"""


def page() -> str:
    """Return the page in Markdown."""
    names = "\n".join(f"| `{name}` | {about} |" for name, about in ABOUT.items())
    return _TEXT.replace("<<names>>", names) + "\n".join(_functions())


def main() -> None:
    """Write the page into ``docs/`` of the working directory."""
    file = Path("docs", FILE)
    file.write_text(page(), encoding="utf-8")
    print(f"Wrote {file}.")


def _functions() -> Iterator[str]:
    """Yield a table of functions for each group of them."""
    tables = {"Whether something is there": SPECIAL} | {
        name: {row.usage: row.gives for row in rows} for name, rows in GROUPS.items()
    }
    for name, rows in tables.items():
        yield f"### {name}\n\n| function | returns |\n|---|---|"
        yield from (f"| `{usage}` | {gives} |" for usage, gives in rows.items())
        yield ""


if __name__ == "__main__":
    main()
