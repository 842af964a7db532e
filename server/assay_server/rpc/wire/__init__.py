"""The wire and the domain: the only place where one is turned into the other.

A decoder (`x_from_wire`) takes the path of what it reads and collects every violation in `Problems`; where
something cannot be read it goes on with a placeholder, so that a caller learns of everything at once. Whoever
calls decoders ends with `problems.raise_any()`. An encoder (`x_to_wire`) never fails.
"""
