"""BoTorch's compiled kernel for several objectives: not used.

BoTorch would compile it at the first suggestion (20 s to minutes on every core) under a lock file in a shared
folder: who is killed meanwhile leaves the lock, and every later process waits for ever. It would need a compiler,
and its last digits differ from those of the Python path: a STRICT study would give other trials after a restart
during which the compilation ended. What it gains in return is a fifth of a suggestion's time.
"""

from __future__ import annotations

from botorch.acquisition.multi_objective import logei


def go_without() -> None:
    """Tell BoTorch that it has tried to load the kernel already; to be called before its first acquisition."""
    # BoTorch has no other switch; the version of ax, and so of BoTorch, is pinned, and a test holds this.
    logei._load_attempted = True  # noqa: SLF001
    logei._C = None  # noqa: SLF001
