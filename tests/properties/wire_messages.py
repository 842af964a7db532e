"""Messages of any shape, by their descriptors: right, wrong and absurd values in every field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

from tests.properties.wire_filling import fields_of, is_map

_I32, _I64 = 2**31, 2**63
_doubles = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 1e308, 5e-324, float("nan"), float("inf")]) | st.floats()
_texts = st.sampled_from(["", "x", "lr", "loss", "a" * 300, "\0", "é\u202e"]) | st.text(max_size=20)


def values(field: FieldDescriptor, depth: int, known: Mapping[str, list[str]]) -> st.SearchStrategy[Any]:
    """Values of a field; text fields named in *known* are mostly what they should be."""
    if field.message_type is not None:
        return messages(message_factory.GetMessageClass(field.message_type), depth - 1, known)
    if field.enum_type is not None:
        return st.sampled_from([v.number for v in field.enum_type.values]) | st.sampled_from([-1, 99])
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
            return _doubles
        case FieldDescriptor.CPPTYPE_BOOL:
            return st.booleans()
        case FieldDescriptor.CPPTYPE_INT32:
            return st.sampled_from([0, 1, 2, -1, 100, _I32 - 1, -_I32]) | st.integers(-_I32, _I32 - 1)
        case FieldDescriptor.CPPTYPE_INT64:
            return st.sampled_from([0, 1, 3, -1, 9, 2**53, _I64 - 1, -_I64]) | st.integers(-_I64, _I64 - 1)
    expected = known.get(field.name)
    return st.sampled_from(expected) | _texts if expected else _texts


def messages(kind: type[Message], depth: int, known: Mapping[str, list[str]]) -> st.SearchStrategy[Message]:
    """Messages of *kind*, nested to *depth*."""

    @st.composite
    def build(draw: st.DrawFn) -> Message:
        message = kind()
        for field in fields_of(message):
            if (field.message_type is not None and depth <= 0) or not draw(st.integers(0, 3)):
                continue
            if is_map(field):
                _put_in_map(draw, getattr(message, field.name), field, depth, known)
            elif field.is_repeated:
                many = draw(st.lists(values(field, depth, known), max_size=3))
                getattr(message, field.name).extend(many)
            elif field.message_type is not None:
                getattr(message, field.name).CopyFrom(draw(values(field, depth, known)))
            else:
                setattr(message, field.name, draw(values(field, depth, known)))
        return message

    return build()


def _put_in_map(
    draw: st.DrawFn, entries: Any, field: FieldDescriptor, depth: int, known: Mapping[str, list[str]]
) -> None:
    # Any: the container of a map has no public type.
    assert field.message_type is not None, "a map's entries are messages"
    value = field.message_type.fields_by_name["value"]
    for key in draw(st.lists(_texts, max_size=2)):
        if value.message_type is not None:
            entries[key].CopyFrom(draw(values(value, depth, known)))
        else:
            entries[key] = draw(values(value, depth, known))
