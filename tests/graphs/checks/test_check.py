"""What check says about a definition: where, what, and what to do."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from graphs.checks.check import check, fingerprint, read_flow
from graphs.checks.node_findings import Decode
from graphs.document.flow import Edge, FlowSize, GraphDefinition, NodeDocument
from graphs.node.node import Node
from graphs.nodes import decode_node
from graphs.values.findings import Finding, FlowError
from tests.graphs.flows import Work, decode, definition


def errors(drawn: GraphDefinition, *, max_steps: int = 1000, decode: Decode = decode) -> list[Finding]:
    found = check(drawn, max_steps=max_steps, decode=decode)
    return [finding for finding in found if finding.severity == "error"]


def only(drawn: GraphDefinition, *, max_steps: int = 1000, decode: Decode = decode) -> Finding:
    found = errors(drawn, max_steps=max_steps, decode=decode)
    assert len(found) == 1, found
    return found[0]


def chain(*between: str) -> GraphDefinition:
    ids = ["a", *between, "z"]
    nodes: dict[str, Any] = {"a": "begin", **dict.fromkeys(between, "work"), "z": "finish"}
    return definition(nodes, *(f"{one}>{two}" for one, two in pairwise(ids)))


def real(nodes: list[dict[str, Any]], edges: Sequence[tuple[str, str]] = ()) -> GraphDefinition:
    drawn = [{"id": f"e{n}", "source": source, "target": target} for n, (source, target) in enumerate(edges)]
    return msgspec.convert({"nodes": nodes, "edges": drawn}, GraphDefinition)


def test_a_sound_flow_has_no_findings() -> None:
    assert check(chain("b", "c"), decode=decode) == []


def test_the_real_node_types_are_decoded_by_default() -> None:
    nodes = [{"id": "s", "type": "start"}, {"id": "e", "type": "end"}, {"id": "n", "type": "note"}]
    assert check(real(nodes, [("s", "e")])) == []


def test_wrong_data_is_told_with_its_pointer_and_node() -> None:
    nodes = [
        {"id": "s", "type": "start"},
        {"id": "llm", "type": "llm", "data": {"provider": "p", "model": "m", "temperature": "hot"}},
        {"id": "e", "type": "end"},
    ]
    finding = only(real(nodes, [("s", "llm"), ("llm", "e")]), decode=decode_node)
    assert (finding.code, finding.node) == ("bad_data", "llm")
    assert finding.pointer == "/nodes/1/data/temperature"
    assert "'llm', field 'temperature'" in finding.message


def test_a_pointer_reaches_into_lists_and_templates_and_expressions_are_parsed() -> None:
    nodes = [
        {"id": "s", "type": "start"},
        {"id": "t", "type": "template", "data": {"template": "{{ message"}},
        {"id": "w", "type": "switch", "data": {"cases": [{"outlet": "a", "expression": "1 +"}]}},
        {"id": "v", "type": "variable", "data": {"set": {"x": "__import__('os')"}}},
        {"id": "e", "type": "end"},
    ]
    found = errors(real(nodes), decode=decode_node)
    assert [(finding.code, finding.node, finding.pointer) for finding in found] == [
        ("bad_template", "t", "/nodes/1/data/template"),
        ("bad_expression", "w", "/nodes/2/data/cases/0/expression"),
        ("bad_expression", "v", "/nodes/3/data/set/x"),
    ]


def test_a_look_up_of_a_node_that_does_not_exist_is_a_warning() -> None:
    nodes = [
        {"id": "s", "type": "start"},
        {"id": "t", "type": "template", "data": {"template": "{{ nodes.s }} {{ nodes.nobody }}"}},
        {"id": "e", "type": "end"},
    ]
    (finding,) = check(real(nodes, [("s", "t"), ("t", "e")]))
    assert (finding.code, finding.severity, finding.node) == ("unknown_reference", "warning", "t")
    assert "'nobody'" in finding.message


def test_what_decodes_but_cannot_run_is_refused_with_the_nodes_own_words() -> None:
    data = {"provider": "demo", "model": "m", "extra_body": {"messages": []}}
    nodes = [
        {"id": "s", "type": "start"},
        {"id": "l", "type": "llm", "data": data},
        {"id": "e", "type": "end"},
    ]
    finding = only(real(nodes, [("s", "l"), ("l", "e")]), decode=decode_node)
    assert (finding.code, finding.pointer) == ("not_possible", "/nodes/1/data/extra_body")


def test_an_unknown_provider_is_refused_where_it_stands_and_lists_the_known_ones() -> None:
    data = {"provider": "demo", "model": "m", "fallbacks": [{"provider": "olama", "model": "m"}]}
    nodes = [
        {"id": "s", "type": "start"},
        {"id": "l", "type": "llm", "data": data},
        {"id": "e", "type": "end"},
    ]
    finding = only(real(nodes, [("s", "l"), ("l", "e")]), decode=decode_node)
    assert (finding.code, finding.pointer) == ("not_possible", "/nodes/1/data/fallbacks/0/provider")
    assert (
        "'olama' is not known. Choose ollama, openai, anthropic, local or demo. A server that"
        in finding.message
    )


def test_an_unknown_type_lists_the_known_ones() -> None:
    finding = only(definition({"a": "begin", "b": "teleport", "z": "finish"}, "a>b", "b>z"))
    assert (finding.code, finding.pointer) == ("unknown_type", "/nodes/1/type")
    assert "work" in finding.message


@pytest.mark.parametrize(
    ("id", "code"),
    [
        ("", "empty_id"),
        ("a\0b", "bad_id"),
        ("a\nb", "bad_id"),
        ("\ud800", "bad_id"),
        ("x" * 256, "bad_id"),
        ("__start__", "reserved_id"),
        ("__end__", "reserved_id"),
        ("a:b", "reserved_id"),
        ("a|b", "reserved_id"),
        ("a", "duplicate_id"),
    ],
)
def test_an_id_that_the_engine_cannot_take_is_refused(id: str, code: str) -> None:
    drawn = chain("b")
    drawn.nodes.append(NodeDocument(id=id, type="work"))
    finding = only(drawn)
    assert (finding.code, finding.pointer) == (code, "/nodes/3/id")
    assert len(finding.message) < 200


@pytest.mark.parametrize(
    "id",
    ["dndnode_0", "1", "node-1", "a b", "messages", "input", "노드", "👩\u200d🚀", "x" * 250, "a.b/c~d"],
)
def test_ids_that_editors_and_people_make_are_taken(id: str) -> None:
    assert errors(chain(id)) == []


def test_ids_of_edges_are_looked_at_too() -> None:
    drawn = chain("b")
    drawn.edges.append(Edge(id=drawn.edges[0].id, source="a", target="z"))
    drawn.edges.append(Edge(id="", source="a", target="z"))
    assert [(f.code, f.pointer) for f in errors(drawn)] == [
        ("duplicate_id", "/edges/2/id"),
        ("empty_id", "/edges/3/id"),
    ]


@pytest.mark.parametrize(
    ("edge", "code", "field", "says"),
    [
        (Edge(id="x", source="a", target="gone"), "unknown_node", "target", "'gone'"),
        (Edge(id="x", source="gone", target="z"), "unknown_node", "source", "'gone'"),
        (Edge(id="x", source="f", target="z"), "unknown_outlet", "sourceHandle", "'yes' or 'no'"),
        (
            Edge(id="x", source="f", target="z", source_handle="maybe"),
            "unknown_outlet",
            "sourceHandle",
            "'maybe'",
        ),
        (
            Edge(id="x", source="a", target="z", source_handle="left"),
            "unknown_outlet",
            "sourceHandle",
            "'out'",
        ),
        (Edge(id="x", source="z", target="f"), "end_has_outgoing", "source", "'z'"),
        (Edge(id="x", source="f", target="f", source_handle="no"), "self_loop", "target", "loop node"),
        (Edge(id="x", source="f", target="a", source_handle="no"), "start_has_incoming", "target", "'a'"),
    ],
)
def test_an_edge_that_leads_wrong_is_told_with_its_field(
    edge: Edge, code: str, field: str, says: str
) -> None:
    drawn = definition(
        {"a": "begin", "f": ("fork", {"exits": ["yes", "no"]}), "z": "finish"}, "a>f", "f:yes>z", "f:no>z"
    )
    drawn.edges.append(edge)
    finding = only(drawn)
    assert (finding.code, finding.edge, finding.pointer) == (code, "x", f"/edges/3/{field}")
    assert says in finding.message


def test_a_flow_has_one_start_and_reaches_an_end() -> None:
    assert {finding.code for finding in errors(GraphDefinition(nodes=[]))} == {"no_start", "no_end"}
    two = definition({"a": "begin", "b": "begin", "z": "finish"}, "a>z", "b>z")
    assert (only(two).code, only(two).pointer) == ("several_starts", "/nodes/1")
    apart = definition({"a": "begin", "b": "work", "c": "work", "z": "finish"}, "a>b", "c>z")
    assert [(f.code, f.node) for f in errors(apart)] == [
        ("unreachable", "c"),
        ("unreachable", "z"),
        ("no_end", "a"),
    ]


def test_an_outlet_that_leads_nowhere_is_a_warning() -> None:
    drawn = definition(
        {"a": "begin", "f": ("fork", {"exits": ["yes", "no"]}), "z": "finish"}, "a>f", "f:yes>z"
    )
    (finding,) = check(drawn, decode=decode)
    assert (finding.code, finding.severity, finding.pointer) == ("loose_outlet", "warning", "/nodes/1")
    assert "'no'" in finding.message
    read_flow(drawn, name="f", type="agentflow", decode=decode)


def test_in_the_body_of_a_loop_such_an_outlet_ends_the_turn() -> None:
    fork: Any = ("fork", {"exits": ["yes", "no"]})
    drawn = definition(
        {"a": "begin", "l": "again", "f": fork, "z": "finish"}, "a>l", "l:body>f", "f:yes>l", "l:done>z"
    )
    (finding,) = check(drawn, decode=decode)
    assert "a turn of loop 'l' that leaves by it ends there." in finding.message


def test_mistakes_in_nodes_and_in_edges_between_other_nodes_are_told_together() -> None:
    drawn = definition(
        {"a": "begin", "b": "teleport", "c": "work", "z": "finish"}, "a>b", "b:left>c", "c:left>z", "c>gone"
    )
    assert [(f.code, f.pointer) for f in errors(drawn)] == [
        ("unknown_type", "/nodes/1/type"),
        ("unknown_outlet", "/edges/2/sourceHandle"),
        ("unknown_node", "/edges/3/target"),
    ]


def test_notes_are_left_alone_and_may_have_no_edges() -> None:
    drawn = chain()
    drawn.nodes.append(NodeDocument(id="n", type="remark"))
    assert check(drawn, decode=decode) == []
    drawn.edges.append(Edge(id="x", source="a", target="n"))
    assert (only(drawn).code, only(drawn).pointer) == ("note_has_edge", "/edges/1/target")
    assert (
        read_flow(chain(), name="f", type="agentflow", decode=decode).steps
        == read_flow(
            GraphDefinition(nodes=[*chain().nodes, drawn.nodes[-1]], edges=chain().edges),
            name="f",
            type="agentflow",
            decode=decode,
        ).steps
    )


def test_a_circle_without_a_loop_is_told_node_by_node() -> None:
    drawn = definition(
        {"a": "begin", "b": "work", "c": ("fork", {"exits": ["again", "on"]}), "z": "finish"},
        "a>b", "b>c", "c:again>b", "c:on>z",
    )  # fmt: skip
    assert only(drawn).code == "cycle"
    assert "'b' → 'c' → 'b'" in only(drawn).message
    assert "loop node" in only(drawn).message


LOOP: dict[str, Any] = {"a": "begin", "l": "again", "b": "work", "z": "finish"}


@pytest.mark.parametrize(
    ("nodes", "edges", "told"),
    [
        ({}, ["l:done>z"], [("empty_body", "l", None), ("unreachable", "b", None)]),
        ({}, ["l:body>b", "l:done>z"], [("body", "b", None)]),
        ({"y": "finish"}, ["l:body>b", "b>l", "b>y", "l:done>z"], [("body", "y", None)]),
        ({}, ["l:body>b", "b>l", "a>b", "l:done>z"], [("body", None, "a>b")]),
        ({}, ["l:body>b", "b>l", "l:done>b", "l:done>z"], [("body", None, "l:done>b")]),
        (
            {"c": "work", "d": "work"},
            ["l:body>b", "b>l", "l:done>z", "a>c", "c>d", "d>c"],
            [("cycle", "c", None)],
        ),
    ],
)
def test_the_body_of_a_loop_begins_and_ends_at_its_loop(
    nodes: dict[str, Any], edges: list[str], told: list[Any]
) -> None:
    found = errors(definition({**LOOP, **nodes}, "a>l", *edges))
    assert {(f.code, f.node, f.edge) for f in found} == set(told)


def test_two_loops_around_each_other_are_refused() -> None:
    drawn = definition(
        {"a": "begin", "k": "again", "l": "again", "z": "finish"},
        "a>k", "k:body>l", "l:body>k", "l:done>k", "k:done>z",
    )  # fmt: skip
    assert {finding.code for finding in errors(drawn)} == {"body"}


def nested(outer: int, inner: int) -> GraphDefinition:
    return definition(
        {
            "a": "begin",
            "k": ("again", {"most": outer}),
            "l": ("again", {"most": inner}),
            "b": "work",
            "z": "finish",
        },
        "a>k", "k:body>l", "l:body>b", "b>l", "l:done>k", "k:done>z",
    )  # fmt: skip


def test_nested_loops_multiply_and_the_finding_says_what_to_lower() -> None:
    assert errors(nested(10, 10)) == []
    finding = only(nested(100, 100))
    # a, z; k once and after each of 100 turns of l: once and after each of 100 turns of b
    assert finding.code == "too_many_steps"
    assert f"{2 + 1 + 100 * (1 + 100 * 2 + 1):,} steps" in finding.message
    assert "1,000 are allowed" in finding.message
    assert "loop 'k'" in finding.message
    assert errors(nested(100, 100), max_steps=21_000) == []


def test_a_number_of_steps_beyond_counting_is_told_in_words() -> None:
    nodes: dict[str, Any] = {"a": "begin"}
    edges: list[str] = ["a>l0"]
    for level in range(20):
        nodes[f"l{level}"] = ("again", {"most": 1000})
        edges += [f"l{level}:body>l{level + 1}", f"l{level + 1}:done>l{level}"]
    edges[-1] = "l20>l19"
    edges.append("l0:done>z")
    drawn = definition({**nodes, "l20": "work", "z": "finish"}, *edges)
    assert "more than a trillion steps" in only(drawn).message


@pytest.mark.threat("D-16")
def test_a_definition_that_is_too_large_is_refused_at_once() -> None:
    many = GraphDefinition(nodes=[NodeDocument(id=f"{n}", type="work") for n in range(FlowSize().nodes + 1)])
    assert (only(many).code, only(many).pointer) == ("too_large", "/nodes")
    edges = [Edge(id=f"{n}", source="a", target="z") for n in range(FlowSize().edges + 1)]
    assert only(GraphDefinition(nodes=chain().nodes, edges=edges)).pointer == "/edges"


def test_a_label_of_megabytes_is_refused_in_a_short_sentence() -> None:
    drawn = chain()
    drawn.nodes.insert(1, NodeDocument(id="b", type="work", data={"label": "x" * 5_000_000}))
    finding = only(drawn)
    assert (finding.code, finding.pointer) == ("too_long", "/nodes/1/data/label")
    assert len(finding.message) < 200


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "data",
    [
        {"output": deep(20_000)},
        {"output": float("nan")},
        {"output": object()},
        {"output": 1, "unknown": 2},
        {3: 4},
    ],
)
def test_data_that_is_no_clean_json_is_told_and_never_raises(data: dict[Any, Any]) -> None:
    drawn = chain()
    drawn.nodes.insert(1, NodeDocument(id="b", type="give", data=data))
    assert only(drawn).code == "bad_data"
    with pytest.raises(FlowError, match="Node 'b'"):
        read_flow(drawn, name="f", type="agentflow", decode=decode)


def test_text_that_databases_refuse_is_cleaned_not_told() -> None:
    drawn = definition(
        {"a": "begin", "b": ("give", {"output": "a\0b\ud800", "label": "x\0"}), "z": "finish"}, "a>b", "b>z"
    )
    step = read_flow(drawn, name="f", type="agentflow", decode=decode).steps[1]
    assert msgspec.to_builtins(step.node)["output"] == "ab"


class Rude(Work, frozen=True, kw_only=True, tag="rude"):
    """Raise what it likes."""

    def outlets(self) -> tuple[str, ...]:
        """Fail."""
        raise ZeroDivisionError


def test_a_node_type_that_fails_is_told_not_raised() -> None:

    def rude(type: str, data: Mapping[str, Any]) -> Node:
        return Rude() if type == "work" else decode(type, data)

    finding = only(chain("b"), decode=rude)
    assert (finding.code, finding.node) == ("broken_type", "b")
    assert "ZeroDivisionError" in finding.message


def test_the_fingerprint_is_that_of_what_a_flow_does_not_of_its_looks() -> None:
    plain, moved, other = chain("b"), chain("b"), chain("c")
    moved.nodes[1].position = {"x": 5.0, "y": 7.0}
    moved.nodes[1].selected = True
    assert fingerprint(plain) == fingerprint(moved) != fingerprint(other)
    assert read_flow(plain, name="f", type="chatflow", decode=decode).fingerprint == fingerprint(plain)


def test_a_flow_error_names_the_first_finding_and_has_them_all() -> None:
    drawn = definition({"a": "begin", "b": "work", "c": "work", "z": "finish"}, "a>z")
    with pytest.raises(FlowError, match=r"Node 'b' cannot be reached .* \(and 1 more\)") as caught:
        read_flow(drawn, name="f", type="agentflow", decode=decode)
    assert [finding.node for finding in caught.value.findings] == ["b", "c"]


def test_large_graphs_of_every_form_are_checked_without_recursion() -> None:
    long = chain(*(f"n{n}" for n in range(998)))
    assert errors(long) == []
    wide = definition(
        {"a": "begin", **{f"n{n}": "work" for n in range(998)}, "z": "finish"},
        *(f"a>n{n}" for n in range(998)), *(f"n{n}>z" for n in range(998)),
    )  # fmt: skip
    assert errors(wide) == []
    ring = chain(*(f"n{n}" for n in range(998)))
    ring.edges.append(Edge(id="x", source="n997", target="n0"))
    assert "…" in only(ring).message
