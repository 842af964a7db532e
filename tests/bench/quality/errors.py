"""What goes wrong without being a bug."""

from __future__ import annotations


class WrongArgument(Exception):
    """A problem, a contender or an option is unknown or wrong; the message names it."""


class Unfit(Exception):
    """A contender cannot take part in a problem; the message says why."""
