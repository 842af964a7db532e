"""Filling messages by their descriptors: every field set, each to a value of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, cast

from google.api import field_behavior_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_FLOATS = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)


def is_output_only(field: FieldDescriptor) -> bool:
    """Whether callers cannot set it (AIP-203)."""
    behaviors: Any = field.GetOptions().Extensions  # typed for extensions of one kind only
    return field_behavior_pb2.OUTPUT_ONLY in behaviors[field_behavior_pb2.field_behavior]


def fields_of(message: Message | type[Message]) -> list[FieldDescriptor]:
    """The fields of a message."""
    return cast("list[FieldDescriptor]", list(message.DESCRIPTOR.fields))


def is_map(field: FieldDescriptor) -> bool:
    """Whether it is a map."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def fill(message: Message, choice: int = 0, numbers: Iterator[int] | None = None) -> Message:
    """Set every field of *message*, also within; of a oneof the member number *choice*, modulo their number."""
    numbers = count(1) if numbers is None else numbers
    for field in fields_of(message):
        oneof = field.containing_oneof
        if oneof is not None and field is not oneof.fields[choice % len(oneof.fields)]:
            continue
        if is_map(field):
            _fill_map(getattr(message, field.name), field, choice, numbers)
        elif field.is_repeated and field.message_type is not None:
            for _ in range(2):
                fill(getattr(message, field.name).add(), choice, numbers)
        elif field.is_repeated:
            getattr(message, field.name).extend([_scalar(field, numbers), _scalar(field, numbers)])
        elif field.message_type is not None:
            part = getattr(message, field.name)
            part.SetInParent()
            fill(part, choice, numbers)
        else:
            setattr(message, field.name, _scalar(field, numbers))
    return message


def unset(message: Message, choice: int = 0, path: str = "") -> Iterator[str]:
    """Paths of fields that are not set, of a oneof the chosen member alone; also within."""
    for field in fields_of(message):
        oneof = field.containing_oneof
        if oneof is not None and field is not oneof.fields[choice % len(oneof.fields)]:
            continue
        where = f"{path}{field.name}"
        if field.is_repeated:
            parts = getattr(message, field.name)
            if not parts:
                yield where
            elif field.message_type is not None and not is_map(field):
                yield from unset(parts[0], choice, f"{where}.")
        elif field.has_presence and not message.HasField(field.name):
            yield where
        elif field.message_type is not None:
            yield from unset(getattr(message, field.name), choice, f"{where}.")
        elif not field.has_presence and getattr(message, field.name) == field.default_value:
            yield where


def _fill_map(entries: Any, field: FieldDescriptor, choice: int, numbers: Iterator[int]) -> None:
    # Any: the container of a map has no public type.
    assert field.message_type is not None, "a map's entries are messages"
    value = field.message_type.fields_by_name["value"]
    for _ in range(2):
        key = f"key-{next(numbers)}"
        if value.message_type is not None:
            fill(entries[key], choice, numbers)
        else:
            entries[key] = _scalar(value, numbers)


def _scalar(field: FieldDescriptor, numbers: Iterator[int]) -> object:
    number = next(numbers)
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    if field.cpp_type in _FLOATS:
        return number + 0.5
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return f"text-{number}"
    return True if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL else number
