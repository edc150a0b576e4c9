"""What TypeScript says of kinds, and what it refuses to guess."""

import pytest

from sdk_templates.model import Api, Field, Free, ListOf, MapOf, Model, Nullable, OneOf, Plain, Ref, Words
from sdk_templates.schemas import Inexpressible
from sdk_templates.typescript_shapes import Shapes
from sdk_templates.typescript_spelling import comment, key, kind_text, literal

TEXT = Plain("string")
TALK = Model("Talk", (Field("session_id", TEXT, required=True),))


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
    shapes = Shapes(api(page, price, TALK))
    assert shapes.nested == ("talks",)
    assert shapes.odd == {"price_per_1k": "pricePer1K"}
    assert shapes.entries() == []
    assert shapes.word(MapOf(Nullable(Ref("Talk")))) == "{}+"
    assert shapes.word(ListOf(Ref("Page"))) == "+"
    assert shapes.word(MapOf(Free())) == ""


def test_a_field_that_holds_models_in_some_models_only_is_told_with_them() -> None:
    page = Model("Page", (Field("talks", ListOf(Ref("Talk")), required=True),))
    free = Model("Free", (Field("talks", MapOf(Free()), required=True), Field("a_b", TEXT, required=True)))
    book = Model("Book", (Field("pages", Ref("Page"), required=True),))
    prices = Model("Prices", (Field("by_name", MapOf(Ref("Talk")), required=True),))
    shapes = Shapes(api(book, free, page, prices, TALK))
    assert shapes.nested == ("pages",)
    assert shapes.word(Ref("Page")) == "+talks"
    assert shapes.word(Ref("Free")) == "+"
    assert shapes.entries() == [
        "Book: { of: { pages: '+talks' } }",
        "Prices: { of: { by_name: '{}+' } }",
    ]


def test_members_of_a_union_are_told_apart_where_one_holds_models() -> None:
    file = Model("File", (Field("file_name", TEXT, required=True),))
    done = Model("Done", (*_said("done"), Field("files", ListOf(Ref("File")), required=True)))
    other = Model("Other", (*_said("other"), Field("files", MapOf(Free()), required=True)))
    holder = Model("Holder", (Field("either", OneOf((Ref("Done"), Ref("Other"))), required=True),))
    shapes = Shapes(api(done, file, holder, other))
    assert shapes.word(holder.fields[0].kind) == "Done"
    assert "Done: { of: { files: '+' }, is: { type: ['done'] } }" in shapes.entries()


def _said(word: str) -> tuple[Field, ...]:
    return (Field("type", Words((word,)), required=True),)


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


def test_members_of_a_union_that_nothing_tells_apart_are_refused() -> None:
    one = Model("One", (Field("files", ListOf(Ref("Talk")), required=True),))
    two = Model("Two", (Field("files", MapOf(Free()), required=True), Field("a_b", TEXT, required=True)))
    holder = Model("Holder", (Field("either", OneOf((Ref("One"), Ref("Two"))), required=True),))
    with pytest.raises(Inexpressible, match=r"schema Holder\.either: nothing tells a One from a Two"):
        Shapes(api(holder, one, two, TALK))
