"""What all parts of a configuration share, and how a field says that it is searched.

A field that carries `Search` is a parameter of the search space that `space.py` derives; its range is
the range of the field. A field without it is given by whoever runs the training. A tagged union
becomes a conditional branch. The defaults together are the baseline configuration.

This package knows pydantic and nothing of torch, so a client can derive the space in a light process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Marks a field as searched, and says how its range is to be walked."""

    log: bool = False
    """Walk the range on a logarithmic scale: for what spans orders of magnitude."""
    step: float | None = None
    """Only low, low + step, low + 2 step... are proposed; the field accepts what lies between too."""
    ordered: bool = False
    """The choices have an order that the search may use."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """JSON Schema has no word for it: `x-search`."""
        described = handler(schema)
        described["x-search"] = {"log": self.log, "step": self.step, "ordered": self.ordered}
        return described


SEARCHED = Search()
LOG = Search(log=True)
ORDERED = Search(ordered=True)


class Schema(BaseModel):
    """What all parts of a configuration share: frozen, strict, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def branches(annotation: object) -> Iterator[type[Schema]]:
    """The schemas of a union, in the order of their declaration."""
    for part in get_args(annotation):
        if isinstance(part, type) and issubclass(part, Schema):
            yield part
