"""Checkpoints on a file system: written whole or not at all, and known by their hash when they are not.

A file is one header line (format, SHA-256 and length of the rest) and what `torch.save` writes. Names
carry epoch and attempt. The last two of a trial are kept: the newest may be cut short by a full disk
or a dying machine, and may not have been reported yet.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from pickle import UnpicklingError
from urllib.parse import unquote, urlsplit

import torch

MAGIC = b"assay-checkpoint-1"
KEPT = 2
NAME = re.compile(r"epoch-(\d+)-attempt-(\d+)\.ckpt")


class CheckpointDamaged(Exception):
    """A file is not what was written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"checkpoint {path}: {reason}")
        self.path, self.reason = path, reason


class CheckpointLost(Exception):
    """Neither the checkpoint nor an earlier one of its trial can be read."""

    def __init__(self, uri: str, reasons: tuple[str, ...]) -> None:
        super().__init__(f"nothing to resume from at {uri}: {'; '.join(reasons) or 'no file'}")
        self.uri, self.reasons = uri, reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """A state that was read back."""

    state: dict[str, object]
    epoch: int
    uri: str
    """Where it came from: an earlier checkpoint than asked for, when that one was damaged."""
    skipped: tuple[str, ...]
    """Why newer ones could not be used."""


class Checkpoints:
    """The checkpoints below one directory, a folder for each trial."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def save(self, trial: str, state: dict[str, object], *, epoch: int, attempt: int = 1) -> str:
        """Write durably, drop what is too old, return the URI.

        Only what is not newer is dropped, so a worker that lost its trial cannot take away the
        checkpoints of the one that has it now.

        Raises:
            OSError: when it cannot be written; what was there before is unharmed.
        """
        path = self._root / trial / f"epoch-{epoch:06d}-attempt-{attempt:03d}.ckpt"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_durably(path, _encode(state))
        self._drop_old(path)
        return path.as_uri()

    def load(self, uri: str) -> Resumed:
        """The state at *uri*, or the newest readable one before it.

        Raises:
            CheckpointLost: when there is none.
        """
        try:
            asked = path_of(uri)
        except ValueError as error:
            raise CheckpointLost(uri, (str(error),)) from error
        skipped: list[str] = []
        for path in _newest_first(asked):
            try:
                state = _decode(path)
            except (CheckpointDamaged, OSError) as error:
                skipped.append(str(error))
                continue
            epoch, _ = _epoch_attempt(path)
            return Resumed(state=state, epoch=epoch, uri=path.as_uri(), skipped=tuple(skipped))
        raise CheckpointLost(uri, tuple(skipped))

    def _drop_old(self, saved: Path) -> None:
        _, attempt = _epoch_attempt(saved)
        older = [path for path in _newest_first(saved) if _epoch_attempt(path)[1] <= attempt]
        for path in older[KEPT:]:
            path.unlink(missing_ok=True)


def path_of(uri: str) -> Path:
    """The file that a `file://` URI names.

    Raises:
        ValueError: for any other kind of URI, and for a name that is not a checkpoint's.
    """
    parts = urlsplit(uri)
    path = Path(unquote(parts.path))
    if parts.scheme != "file" or NAME.fullmatch(path.name) is None:
        raise ValueError(f"{uri!r} is not the URI of a checkpoint file")
    return path


def _newest_first(asked: Path) -> Iterator[Path]:
    """*asked* and the checkpoints of the same trial that are not newer, newest first."""
    found = {path for path in asked.parent.glob("*.ckpt") if NAME.fullmatch(path.name)} | {asked}
    upto = _epoch_attempt(asked)
    not_newer = [path for path in found if _epoch_attempt(path) <= upto]
    yield from sorted(not_newer, key=_epoch_attempt, reverse=True)


def _epoch_attempt(path: Path) -> tuple[int, int]:
    match = NAME.fullmatch(path.name)
    assert match is not None, f"not the name of a checkpoint: {path}"
    return int(match[1]), int(match[2])


def _encode(state: dict[str, object]) -> bytes:
    buffer = BytesIO()
    torch.save(state, buffer)
    body = buffer.getvalue()
    return b"%s %s %d\n" % (MAGIC, sha256(body).hexdigest().encode(), len(body)) + body


def _decode(path: Path) -> dict[str, object]:
    header, _, body = path.read_bytes().partition(b"\n")
    match header.split():
        case [magic, digest, length] if magic == MAGIC:
            if int(length) != len(body):
                raise CheckpointDamaged(path, f"holds {len(body)} bytes and not {int(length)}")
            if sha256(body).hexdigest().encode() != digest:
                raise CheckpointDamaged(path, "its content does not have the hash it was written with")
        case _:
            raise CheckpointDamaged(path, "does not begin like a checkpoint")
    try:
        state = torch.load(BytesIO(body), weights_only=True, map_location="cpu")
    except UnpicklingError as error:
        raise CheckpointDamaged(path, "holds something other than tensors and plain values") from error
    assert isinstance(state, dict), f"{path} holds a {type(state)}"
    return state


def _write_durably(path: Path, content: bytes) -> None:
    """A reader sees the old file or the new one, also after a power cut."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
