"""What SQLite says differently from other databases, in statements; opening it is in `sqlite.py`."""

from __future__ import annotations


def label_matches(column: str, key: str, value: str) -> str:
    """Whether the JSON object in *column* has parameter *key* with the text in parameter *value*."""
    return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE json_each.key = :{key} AND json_each.value = :{value})"  # noqa: S608 - names of columns and parameters, all ours


def latest_metric(name: str) -> str:
    """The metric named by parameter *name* in the trial's latest measurement; NULL without one.

    By json_each, not by a path: a path cannot quote every name that is allowed.
    """
    return (
        "(SELECT CASE json_each.type WHEN 'array' THEN json_extract(json_each.value, '$[0]') ELSE json_each.value END"  # noqa: S608 - as above
        f" FROM json_each(trial.latest, '$.metrics') WHERE json_each.key = :{name})"
    )
