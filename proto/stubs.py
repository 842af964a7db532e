"""What writes the committed stubs of Go and TypeScript, and what else those clients copy from the Python one.

Their generators come from the lock files of the clients (go.sum, package-lock.json): pinned, and not needed by who
has only Python. Without Go or Node their stubs are left alone; with CI=true that is an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVICE_CONFIG = ROOT / "clients/python/src/assay/service_config.json"
GO, TYPESCRIPT = ROOT / "clients/go", ROOT / "clients/typescript"
# What the contract imports and the npm packages do not bring along.
_GOOGLE = ("api/annotations", "api/client", "api/field_behavior", "api/http", "api/launch_stage", "api/resource")
_GOOGLE_RPC = ("rpc/error_details", "rpc/status")

Protoc = Callable[[Sequence[str], Sequence[str]], None]
"""Runs protoc: the .proto files, and the options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stubs:
    """The stubs of one language."""

    home: Path
    """What generated files are relative to."""
    patterns: Sequence[str]
    """Which files below `home` are generated."""
    tool: str
    """The program without which they cannot be made."""
    write: Callable[[Path, Sequence[str], Protoc], None]
    """Write all of them below a folder."""

    def is_makeable(self) -> bool:
        """Whether the tool is there; exits when it is not, and must be."""
        if shutil.which(self.tool) is not None:
            return True
        told = f"{self.tool} is not installed: the stubs below {self.home.relative_to(ROOT)} are left alone"
        if os.environ.get("CI") == "true":
            sys.exit(told)
        print(told)
        return False

    def generated_in(self, folder: Path) -> list[Path]:
        """Generated files, relative to *folder*."""
        return sorted(path.relative_to(folder) for pattern in self.patterns for path in folder.glob(pattern))


def _write_go(out: Path, protos: Sequence[str], protoc: Protoc) -> None:
    tools = out / ".tools"
    build = ["go", "build", "-o", f"{tools}/", "google.golang.org/protobuf/cmd/protoc-gen-go"]
    subprocess.run([*build, "google.golang.org/grpc/cmd/protoc-gen-go-grpc"], cwd=GO, check=True)
    options = [f"--plugin={tools / name}" for name in ("protoc-gen-go", "protoc-gen-go-grpc")]
    options += [f"--go_out={out}", "--go_opt=module=assay.dev/go"]
    protoc(protos, [*options, f"--go-grpc_out={out}", "--go-grpc_opt=module=assay.dev/go"])
    shutil.copyfile(SERVICE_CONFIG, out / "assay/service_config.json")


def _write_typescript(out: Path, protos: Sequence[str], protoc: Protoc) -> None:
    plugin = TYPESCRIPT / "node_modules/.bin/protoc-gen-es"
    if not plugin.exists():
        subprocess.run(["npm", "ci", "--silent"], cwd=TYPESCRIPT, check=True)
    target = out / "src/gen"
    target.mkdir(parents=True)
    google = [f"google/{name}.proto" for name in (*_GOOGLE, *_GOOGLE_RPC)]
    options = [f"--plugin=protoc-gen-es={plugin}", f"--es_out={target}"]
    protoc([*protos, *google], [*options, "--es_opt=target=ts,import_extension=js"])
    shutil.copyfile(SERVICE_CONFIG, out / "service_config.json")


OTHERS = (
    Stubs(home=GO, patterns=("assay/v1/*.pb.go", "assay/service_config.json"), tool="go", write=_write_go),
    Stubs(
        home=TYPESCRIPT,
        patterns=("src/gen/**/*_pb.ts", "service_config.json"),
        tool="npm",
        write=_write_typescript,
    ),
)
"""Beside Python, whose stubs need nothing but Python."""
