"""What TypeScript says of kinds, and what it refuses to guess."""

import pytest

from sdk_templates.model import Api, Field, Free, ListOf, MapOf, Model, Nullable, OneOf, Plain, Ref, Words
from sdk_templates.schemas import Inexpressible
from sdk_templates.typescript_shapes import Shapes
from sdk_templates.typescript_spelling import comment, key, kind_text, literal

TEXT = Plain("string")
TALK = Model("Talk", (Field("session_id", TEXT, required=True),))
START = Model("Start", (Field("type", Words(("start",)), required=True),))


def api(*models: Model) -> Api:
    return Api(title="", version="1", resources=(), models=models, unions=())


def test_kinds_are_spelled_as_types() -> None:
    assert kind_text(Nullable(ListOf(Ref("Talk")))) == "Talk[] | null"
    assert kind_text(ListOf(OneOf((TEXT, MapOf(Free()))))) == "(string | Record<string, unknown>)[]"
    assert kind_text(ListOf(Nullable(TEXT))) == "(string | null)[]"
    assert kind_text(MapOf(Plain("integer"))) == "Record<string, number>"
    assert kind_text(Words(("a'b", 1, True))) == "'a\\'b' | 1 | true"
    assert kind_text(OneOf((Ref("A"), Ref("B")), "type", "TalkEvent")) == "TalkEvent"


def test_texts_and_comments_end_where_they_should() -> None:
    assert literal('say "hi"\n') == "'say \"hi\"\\n'"
    assert literal({"a": ["x", None, 1.5]}) == "{ a: ['x', null, 1.5] }"
    assert key("Last-Event-ID") == "'Last-Event-ID'"
    assert "*/" not in comment("It ends */ here", 2).removesuffix("*/")
    assert all(len(line) <= 120 for line in comment("word " * 100, 2).splitlines())


def test_shapes_say_where_names_change_and_where_models_are() -> None:
    page = Model(
        "Page", (Field("talks", ListOf(Ref("Talk")), required=True), Field("total", TEXT, required=True))
    )
    price = Model("Price", (Field("price_per_1k", TEXT, required=True),))
    made = Model("Made", (Field("key", TEXT, required=True),), received=True)
    shapes = Shapes(api(made, page, price, TALK))
    assert shapes.entries() == [
        "Made: { hides: 'key' }",
        "Page: { of: { talks: { list: true } } }",
        "Price: { as: { price_per_1k: 'pricePer1K' } }",
    ]
    assert shapes.of(MapOf(Nullable(Ref("Talk")))) == "{ map: true }"
    assert shapes.of(Ref("Price")) == "'Price'"
    assert shapes.of(MapOf(Free())) == ""


def test_members_of_a_union_are_told_apart_though_only_one_has_names_to_change() -> None:
    holder = Model("Holder", (Field("either", OneOf((Ref("Talk"), Ref("Start"))), required=True),))
    shapes = Shapes(api(holder, START, TALK))
    assert shapes.of(holder.fields[0].kind) == "{ any: ['Talk', 'Start'] }"
    assert "Start: { needs: 'type', is: { type: ['start'] } }" in shapes.entries()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            (Field("a_b", TEXT, required=True), Field("aB", TEXT, required=True)),
            "several fields would be 'aB'",
        ),
        ((Field("x", OneOf((Ref("Talk"), MapOf(Free()))), required=True),), "look the same"),
        ((Field("x", OneOf((TEXT, ListOf(Ref("Talk")))), required=True),), "a list of models"),
    ],
    ids=["two names that become one", "a model or free JSON", "a list in a union"],
)
def test_what_would_be_a_guess_is_refused_with_its_place(fields: tuple[Field, ...], reason: str) -> None:
    with pytest.raises(Inexpressible, match=f"schema Odd.*{reason}"):
        Shapes(api(Model("Odd", fields), TALK))
