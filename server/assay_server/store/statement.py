"""SQL texts of the usual shapes, made once when a module is imported. Parameters are `:name`."""

from __future__ import annotations

from collections.abc import Sequence


def select(columns: Sequence[str], rest: str) -> str:
    """SELECT columns and the *rest*, which begins with FROM."""
    return " ".join(("SELECT", ", ".join(columns), rest))


def insert(table: str, columns: Sequence[str]) -> str:
    """INSERT with a parameter per column, of the same name."""
    values = ", ".join(f":{c}" for c in columns)
    return " ".join(("INSERT INTO", table, "(", ", ".join(columns), ") VALUES (", values, ")"))


def update(table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """UPDATE of every column that is not in the *key*."""
    values = ", ".join(f"{c} = :{c}" for c in columns if c not in key)
    return " ".join(("UPDATE", table, "SET", values, "WHERE", _where(key)))


def upsert(table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """INSERT, or UPDATE where there is a row of that *key*."""
    values = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in key)
    return " ".join((insert(table, columns), "ON CONFLICT (", ", ".join(key), ") DO UPDATE SET", values))


def delete(table: str, condition: str) -> str:
    """DELETE of the rows that meet *condition*."""
    return f"DELETE FROM {table} WHERE {condition}"  # noqa: S608 - names of ours; values are parameters


def _where(key: Sequence[str]) -> str:
    return " AND ".join(f"{c} = :{c}" for c in key)
