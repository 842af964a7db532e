"""The demonstration: a server and workers of its own, small networks, a few minutes, a report."""
