"""BoTorch's compiled kernel for several objectives: built ahead, never while somebody waits.

BoTorch compiles it at the first suggestion (20 to 65 s) under a lock file in a shared folder: who is killed
meanwhile leaves the lock, and every later process waits for ever. Here `prepare` compiles in a process of its
own, under a deadline, in a folder of its own, and moves the finished file into place; `load` takes that file or
goes without (about three times slower), and in no case compiles or waits.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import botorch
import torch
from botorch.acquisition.multi_objective import logei

NAME = "logei_fused_ext"
"""As BoTorch imports it."""
FOLDER_VARIABLE = "TORCH_EXTENSIONS_DIR"
"""torch's own variable: whoever starts a policy process points it to a private folder."""
DEFAULT_DEADLINE_S = 180.0

_log = logging.getLogger(__name__)

_COMPILE = """
import sys
from torch.utils.cpp_extension import load
load(name=sys.argv[1], sources=[sys.argv[2]], extra_cflags=["-O3"], build_directory=sys.argv[3], verbose=False)
"""


def prepare(folder: Path | None = None, deadline_s: float = DEFAULT_DEADLINE_S) -> bool:
    """Have the kernel compiled in *folder* (default: torch's); whether it is there now.

    Takes up to *deadline_s*, so it belongs to the start of a host, not into a request. Several at once do no
    harm: each builds apart, and the last one's file stays.
    """
    target = _file(folder)
    if target is None:
        return False
    if target.exists():
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=target.parent) as build:
        command = [sys.executable, "-c", _COMPILE, NAME, str(_source()), build]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=deadline_s)
            shutil.copy2(next(Path(build).glob(f"{NAME}*.so")), f"{build}/finished")
            Path(f"{build}/finished").replace(target)
        except (subprocess.SubprocessError, OSError, StopIteration) as error:
            _log.warning("no compiled kernel, suggestions for several objectives take longer: %s", _reason(error))
            return False
    return True


def load(folder: Path | None = None) -> bool:
    """Give BoTorch the compiled kernel if there is one, and forbid it to compile; whether it has one now.

    To be called before the first acquisition of a process; later calls only answer.
    """
    if logei._load_attempted:  # noqa: SLF001 - BoTorch has no other switch
        return logei._C is not None  # noqa: SLF001
    logei._load_attempted = True  # noqa: SLF001
    target = _file(folder)
    if target is None or not target.exists():
        _log.warning("no compiled kernel in %s: suggestions for several objectives take longer", target)
        return False
    try:
        spec = importlib.util.spec_from_file_location(NAME, target)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except (ImportError, OSError) as error:
        _log.warning("the compiled kernel %s cannot be loaded: %s", target, error)
        return False
    logei._C = module  # noqa: SLF001
    return True


def _file(folder: Path | None) -> Path | None:
    """Where the kernel for this BoTorch, torch, Python and processor lies; None without a folder of our own."""
    if folder is None:
        named = os.environ.get(FOLDER_VARIABLE)
        if not named:
            return None
        folder = Path(named)
    parts = (botorch.__version__, torch.__version__, sys.version, platform.machine(), platform.platform())
    return folder / f"{NAME}-{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:16]}.so"


def _source() -> Path:
    return Path(botorch.__file__).parent / "csrc" / "logei_fused.cpp"


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return str(error.stderr.decode(errors="replace").strip().splitlines()[-1:])
    return str(error)
