"""Named ids are UUIDs of version 5, as Python's own makes them."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from graphs.conversation.named_ids import named_id


@given(st.text(st.characters(codec="utf-8")))
def test_an_id_is_the_uuid_of_its_name(name: str) -> None:
    assert named_id(name) == str(uuid.uuid5(uuid.NAMESPACE_OID, name))
