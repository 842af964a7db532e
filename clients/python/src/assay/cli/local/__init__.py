"""A server and workers of one command on this machine: kept running, and ended with it."""
