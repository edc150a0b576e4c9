"""Comparing: what of a new version breaks who uses the old one, of an API's document or of flows."""

from collections.abc import Iterator
from typing import Any

from sdk_templates.document import read_api
from sdk_templates.flows import FlowMethod, read_flows
from sdk_templates.kind_changes import Change, KindChanges, listed
from sdk_templates.model import Answer, Api, Content, Operation, Stream, Value

__all__ = ["Change", "compare"]


def compare(old: Any, new: Any) -> list[Change]:
    """Return what differs between two versions of a document, the breaking first.

    Args:
        old: An OpenAPI document, a flow, or a list of flows, as JSON.
        new: Its newer version.

    Raises:
        Inexpressible: one of them cannot be read.
    """
    if isinstance(old, dict) and "openapi" in old:
        changes = _Comparison(read_api(old), read_api(new)).changes()
    else:
        changes = _compare_flows(_flows(old), _flows(new))
    return sorted(changes, key=lambda change: (not change.breaking, change.place))


def _flows(document: Any) -> dict[str, FlowMethod]:
    """Return flows by their id, or by their method where they have none."""
    documents: list[dict[str, Any]] = (
        document if isinstance(document, list) else document.get("flows", [document])
    )
    if isinstance(document, dict) and "flow" in document:
        documents = [document]
    return {flow.id or flow.name: flow for flow in read_flows(documents, named=False)}


def _compare_flows(old: dict[str, FlowMethod], new: dict[str, FlowMethod]) -> Iterator[Change]:
    if len(old) == len(new) == 1 and set(old) != set(new):
        new = dict(zip(old, new.values(), strict=True))  # one flow under another name
    for key, flow in old.items():
        place = f"flow {flow.title}"
        if key not in new:
            yield Change(place, "it is gone", breaking=True)
            continue
        other = new[key]
        if flow.name != other.name:
            yield Change(place, f"its method is {other.name}, it was {flow.name}", breaking=True)
        kinds = KindChanges({m.name: m for m in flow.models}, {m.name: m for m in other.models})
        yield from kinds.sent_fields(f"{place}, input", flow.input, other.input)
        yield from kinds.received(f"{place}, output", flow.output, other.output)
        asked = {question.node: question for question in other.questions}
        for question in flow.questions:
            where = f"{place}, question of {question.node}"
            if question.node not in asked:
                yield Change(where, "it is asked no more", breaking=True)
            else:
                yield from kinds.sent(where, question.value, asked[question.node].value)
        for node in sorted(set(asked) - {question.node for question in flow.questions}):
            yield Change(
                f"{place}, question of {node}", "it is asked now: runs wait for an answer", breaking=True
            )
    for key in sorted(set(new) - set(old)):
        yield Change(f"flow {new[key].title}", "it is new", breaking=False)


class _Comparison:
    """Compares two versions of an API."""

    def __init__(self, old: Api, new: Api) -> None:
        self.old = old
        self.new = new
        self.kinds = KindChanges(
            {model.name: model for model in old.models}, {model.name: model for model in new.models}
        )

    def changes(self) -> Iterator[Change]:
        """Yield what differs."""
        now = {operation.id: operation for operation in self.new.operations}
        for operation in self.old.operations:
            place = f"{operation.resource}.{operation.method}"
            if operation.id not in now:
                yield Change(place, "it is gone", breaking=True)
            else:
                yield from self._operation(place, operation, now[operation.id])
        for name in sorted(set(now) - {operation.id for operation in self.old.operations}):
            yield Change(f"{now[name].resource}.{now[name].method}", "it is new", breaking=False)

    def _operation(self, place: str, old: Operation, new: Operation) -> Iterator[Change]:
        if (old.resource, old.method) != (new.resource, new.method):
            yield Change(place, f"it is {new.resource}.{new.method} now", breaking=True)
        if (old.verb, old.url) != (new.verb, new.url):
            yield Change(place, f"it is {new.verb.upper()} {new.url} now", breaking=True)
        before = (*old.query, *old.headers)
        yield from self.kinds.sent_fields(f"{place}, parameter", before, (*new.query, *new.headers))
        before = old.body.fields if old.body else ()
        after = new.body.fields if new.body else ()
        yield from self.kinds.sent_fields(f"{place}, body", before, after)
        yield from self._answer(place, old.answer, new.answer)

    def _answer(self, place: str, old: Answer, new: Answer) -> Iterator[Change]:
        match old, new:
            case (Value(kind=before), Value(kind=after)) | (Stream(kind=before), Stream(kind=after)):
                yield from self.kinds.received(f"{place}, answer", before, after)
            case (Content(media=before), Content(media=after)):
                if lost := set(before) - set(after):
                    yield Change(place, f"it does not answer with {listed(lost)} any more", breaking=True)
            case _ if type(old) is not type(new):
                yield Change(place, "it answers in another way", breaking=True)
            case _:
                return
