"""The command: what `python -m sdk_templates` and `agenticrag sdk` do."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from sdk_templates.comparison import compare
from sdk_templates.document import read_api
from sdk_templates.flows import flow_documents, names_of_api, read_flows
from sdk_templates.printing import LANGUAGES, Occupied, print_sdk, stale, write_tree
from sdk_templates.schemas import Inexpressible

__all__ = ["Refused", "fetch_flows", "print_sdks", "read_document", "read_flow_files", "tell_changes"]


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
    return "" if url is None else _fetch(f"{url.rstrip('/')}/schema/openapi.json")


def _fetch(address: str, key: str = "") -> str:
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


def read_flow_files(paths: list[Path]) -> list[dict[str, Any]]:
    """Return the flows that files hold.

    Raises:
        Refused: one cannot be read, or holds no flow.
    """
    try:
        return [flow for path in paths for flow in flow_documents(_json(path))]
    except Inexpressible as error:
        raise Refused(str(error)) from error


def fetch_flows(url: str, key: str) -> list[dict[str, Any]]:
    """Return all flows of a server.

    Raises:
        Refused: it does not answer, or the key may not read flows.
    """
    found: list[dict[str, Any]] = []
    page = 0
    while True:
        page += 1
        address = f"{url.rstrip('/')}/api/agent-builder/flows?page_size=100&page={page}"
        answer = json.loads(_fetch(address, key))
        found.extend(answer["flows"])
        if not answer["flows"] or len(found) >= answer["total"]:
            return found


def tell_changes(old: Path, new: Path) -> tuple[str, bool]:
    """Return what differs between two versions of a document or of flows, and whether it breaks programs.

    Raises:
        Refused: one of the files cannot be read.
    """
    try:
        changes = compare(_json(old), _json(new))
    except Inexpressible as error:
        raise Refused(str(error)) from error
    words = {True: "breaking", False: "harmless"}
    lines = [f"{words[change.breaking]}  {change.place}: {change.words}" for change in changes]
    breaking = sum(change.breaking for change in changes)
    count = f"{len(changes)} changes, {breaking} of them breaking." if changes else "Nothing changed."
    return "\n".join([*lines, count]), breaking > 0


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Refused(f"'{path}' cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Refused(f"'{path}' is not JSON: {error}.") from error


def print_sdks(
    text: str,
    languages: list[str],
    output: Path,
    *,
    check: bool = False,
    flows: list[dict[str, Any]] | None = None,
) -> str:
    """Print SDKs, or look whether they are what would be printed, and return a sentence about it.

    Args:
        text: The OpenAPI document.
        languages: Which; all where it is empty.
        output: The folder that theirs lie in.
        check: Write nothing.
        flows: Flows that get a method each.

    Raises:
        Refused: the document cannot be said in an SDK, files cannot be written, or some are stale.
    """
    chosen = languages or list(LANGUAGES)
    try:
        api = read_api(json.loads(text))
        methods = read_flows(flows or [], taken=names_of_api(api))
        trees = {language: print_sdk(api, language, methods) for language in chosen}
    except ValueError as error:
        raise Refused(f"The OpenAPI document is not JSON: {error}.") from error
    except Inexpressible as error:
        raise Refused(str(error)) from error
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
        except Occupied as error:
            raise Refused(str(error)) from error
        except OSError as error:
            raise Refused(f"'{output / language}' cannot be written: {error}.") from error
    calls = len(api.operations)
    return f"Wrote {' and '.join(str(output / language) for language in chosen)}: {calls} calls each."
