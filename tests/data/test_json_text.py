"""JSON: any bytes are a table or a complaint."""

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from gatebot.data.text import table
from gatebot.errors import UsageError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), min_size=1, max_size=6))
def test_objects_become_rows(objects: list[dict[str, object]]) -> None:
    if not any(objects):
        return
    frame = table("\n".join(map(json.dumps, objects)).encode(), "t.jsonl", ".jsonl")
    assert frame.height == len(objects)
    for name in frame.columns:
        for value, one in zip(frame[name], objects, strict=True):
            if isinstance(one.get(name), str):
                assert value == one[name]
            assert (value is None) == (one.get(name) is None)


@given(st.binary(max_size=60) | st.text('{}[]",:1a\n', max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_a_usage_error(data: bytes) -> None:
    for ending in (".jsonl", ".json", ".csv", ""):
        with suppress(UsageError):
            assert table(data, "t", ending).height
