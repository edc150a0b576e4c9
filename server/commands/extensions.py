"""`agenticrag extensions`: list the tools, node types and providers of others, and run their examples."""

import asyncio
from typing import TYPE_CHECKING

from cyclopts import App

from server.terminal import CommandError, print_json, print_table

if TYPE_CHECKING:
    from graphs.extensions.loading import Extension

__all__ = ["extensions"]

extensions = App(name="extensions", help="List and check your own tools, node types and providers.")


@extensions.command(name="list")
def show(*, json: bool = False) -> None:
    """List the extensions of `AGENTICRAG_EXTENSIONS_DIR` and of installed packages.

    Parameters
    ----------
    json
        Print `{"extensions": [{kind, name, source}]}`.
    """
    found = _found()
    if json:
        print_json({"extensions": [_shown(one) for one in found]})
        return
    print_table(("KIND", "NAME", "SOURCE"), [[one.kind, one.name, one.source] for one in found])


@extensions.command
def check(*, json: bool = False) -> None:
    """Load every extension and run its examples. Exit code 1 if one differs from what it documents.

    Parameters
    ----------
    json
        Print `{"extensions": [{kind, name, source, examples: [{example, problem}]}]}`.
    """
    from graphs.extensions.examples import check_extension

    found = _found()
    checked = [asyncio.run(check_extension(one)) for one in found]
    failed = sum(any(example.problem for example in examples) for examples in checked)
    if json:
        print_json(
            {
                "extensions": [
                    {**_shown(one), "examples": examples}
                    for one, examples in zip(found, checked, strict=True)
                ]
            }
        )
    else:
        print_table(
            ("KIND", "NAME", "EXAMPLE", "RESULT"),
            [
                [one.kind, one.name, example.example, example.problem or "ok"]
                for one, examples in zip(found, checked, strict=True)
                for example in examples
            ],
        )
    if failed:
        raise CommandError(f"{failed} of {len(found)} extensions failed their examples.")


def _found() -> "tuple[Extension, ...]":
    """Return the extensions.

    Raises:
        CommandError: one cannot be used.
    """
    from graphs.extensions.extension_error import ExtensionError
    from graphs.extensions.loading import load_extensions
    from server.settings.sources import load_settings

    try:
        return load_extensions(load_settings().extensions_dir)
    except ExtensionError as error:
        raise CommandError(str(error)) from None


def _shown(one: "Extension") -> dict[str, str]:
    return {"kind": one.kind, "name": one.name, "source": one.source}
