"""The command: what `python -m sdk_templates` and `agenticrag sdk` do."""

import json
import urllib.error
import urllib.request
from pathlib import Path

from sdk_templates.document import read_api
from sdk_templates.printing import LANGUAGES, print_sdk, stale, write_tree
from sdk_templates.schemas import Inexpressible

__all__ = ["Refused", "print_sdks", "read_document"]


class Refused(Exception):
    """The command cannot do its work; the message is a sentence for a person."""


def read_document(spec: Path | None, url: str | None) -> str:
    """Return the document of a file or of a server; empty where neither is named.

    Raises:
        Refused: it cannot be read.
    """
    if spec is not None and url is not None:
        raise Refused("Name a file with --spec or a server with --url, not both.")
    if spec is not None:
        try:
            return spec.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"'{spec}' cannot be read: {error}.") from error
    return "" if url is None else fetch(f"{url.rstrip('/')}/schema/openapi.json")


def fetch(address: str, key: str = "") -> str:
    """Return what a server answers.

    Raises:
        Refused: it is no address of HTTP, or it does not answer.
    """
    if not address.startswith(("http://", "https://")):
        raise Refused(f"'{address}' is no address: expected http:// or https://.")
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"} if key else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - a person named the address
            return answer.read().decode("utf-8")
    except (urllib.error.URLError, OSError, UnicodeDecodeError) as error:
        raise Refused(f"{address} does not answer: {error}.") from error


def print_sdks(text: str, languages: list[str], output: Path, *, check: bool) -> str:
    """Print SDKs, or look whether they are what would be printed, and return a sentence about it.

    Args:
        text: The OpenAPI document.
        languages: Which; all where it is empty.
        output: The folder that theirs lie in.
        check: Write nothing.

    Raises:
        Refused: the document cannot be said in an SDK, files cannot be written, or some are stale.
    """
    try:
        api = read_api(json.loads(text))
    except ValueError as error:
        raise Refused(f"The OpenAPI document is not JSON: {error}.") from error
    except Inexpressible as error:
        raise Refused(str(error)) from error
    chosen = languages or list(LANGUAGES)
    trees = {language: print_sdk(api, language) for language in chosen}
    if check:
        differing = [
            f"{output / language}/{path}"
            for language, files in trees.items()
            for path in stale(files, output / language)
        ]
        if differing:
            raise Refused("\n  ".join([f"{len(differing)} files are stale:", *differing]))
        return f"{' and '.join(str(output / language) for language in chosen)}: up to date."
    for language, files in trees.items():
        try:
            write_tree(files, output / language)
        except OSError as error:
            raise Refused(f"'{output / language}' cannot be written: {error}.") from error
    calls = len(api.operations)
    return f"Wrote {' and '.join(str(output / language) for language in chosen)}: {calls} calls each."
