"""Provenance of an attempt, and what makes two results comparable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .errors import Violation

MAX_TEXT = 1024
MAX_ENVIRONMENT = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Under what circumstances an attempt ran. Empty text means not said."""

    seed: int | None = None
    code_version: str = ""
    code_dirty: bool | None = None
    dataset_fingerprint: str = ""
    evaluation_protocol: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    hardware: str = ""

    def violations(self, path: str) -> Iterator[Violation]:
        """Every rule it breaks."""
        for name in ("code_version", "dataset_fingerprint", "evaluation_protocol", "hardware"):
            text: str = getattr(self, name)
            if len(text) > MAX_TEXT:
                yield Violation(field=f"{path}.{name}", description=f"longer than {MAX_TEXT} characters")
        if len(self.environment) > MAX_ENVIRONMENT:
            yield Violation(
                field=f"{path}.environment", description=f"at most {MAX_ENVIRONMENT}, not {len(self.environment)}"
            )
        for key, text in self.environment.items():
            if len(key) > MAX_TEXT or len(text) > MAX_TEXT:
                yield Violation(
                    field=f"{path}.environment[{key[:40]!r}]", description=f"longer than {MAX_TEXT} characters"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparabilityKey:
    """What all trials of a study must share to be ranked together; empty fields are not compared."""

    dataset_fingerprint: str = ""
    code_version: str = ""
    evaluation_protocol: str = ""

    def deviations(self, provenance: Provenance) -> tuple[str, ...]:
        """Which fields of *provenance* contradict the key, with both values."""
        out = []
        for name in ("dataset_fingerprint", "code_version", "evaluation_protocol"):
            pinned, said = getattr(self, name), getattr(provenance, name)
            if pinned and said and pinned != said:
                out.append(f"{name} is {said!r}, the study's is {pinned!r}")
        return tuple(out)

    def pinned_by(self, provenance: Provenance) -> ComparabilityKey:
        """The key with its empty fields taken from *provenance*."""
        return ComparabilityKey(
            dataset_fingerprint=self.dataset_fingerprint or provenance.dataset_fingerprint,
            code_version=self.code_version or provenance.code_version,
            evaluation_protocol=self.evaluation_protocol or provenance.evaluation_protocol,
        )
