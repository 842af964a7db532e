"""What the command line is refused with."""

from __future__ import annotations


class WrongArgument(Exception):
    """A problem, a contender or an option is unknown or wrong; the message names it."""
