"""The gRPC side: decode, hand an act to `app`, encode."""

from __future__ import annotations

import os

# Before grpc is imported: this process forks only to execute policy processes, and the handlers by which gRPC would
# keep its channels alive in a child write a line that is no JSON into the log each time.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
