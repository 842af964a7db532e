"""Keep the wire contract and the code generated from it in order.

    python proto/contract.py gen        # write the stubs of Python, Go and TypeScript into clients/
    python proto/contract.py fresh      # fail when the committed stubs are not what `gen` would write
    python proto/contract.py lint       # buf lint
    python proto/contract.py format     # buf format, in place (--check: only tell)
    python proto/contract.py breaking   # buf breaking against the last tag v*

Works offline: the google protos come from the installed googleapis-common-protos, protoc and its
plugins from grpcio-tools and mypy-protobuf, buf from buf-bin.
"""

import argparse
import filecmp
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import yaml
from stubs import OTHERS, Stubs

PROTO = Path(__file__).resolve().parent
ROOT = PROTO.parent
STUBS = ROOT / "clients/python/src"
SCRIPTS = Path(sysconfig.get_path("scripts"))
_PACKAGE_DOC = '"""Generated from {source}: do not edit, run `make gen`."""\n'
_GENERATED = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "*_pb2_grpc.pyi")


def generate(out: Path) -> list[Path]:
    """Write messages, services and their types below *out*; returns the files, relative to it."""
    protos = sorted(path.relative_to(PROTO) for path in PROTO.rglob("*.proto"))
    _protoc(protos, f"--python_out={out}", f"--pyi_out={out}")
    # Only files with a service: protoc-gen-grpc_python would write an empty module for the others.
    services = [path for path in protos if re.search(r"^service\s", (PROTO / path).read_text(), re.MULTILINE)]
    if services:
        _protoc(services, f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}")
    for folder in {path.parent for path in protos}:
        (out / folder / "__init__.py").write_text(_PACKAGE_DOC.format(source=f"proto/{folder}"))
    return sorted({*_generated_in(out), *(path.parent / "__init__.py" for path in protos)})


def gen() -> int:
    """Replace the committed stubs; what a removed .proto left behind goes."""
    with tempfile.TemporaryDirectory() as scratch:
        wanted = generate(Path(scratch))
        for path in set(_generated_in(STUBS)) - set(wanted):
            (STUBS / path).unlink()
        for path in wanted:
            (STUBS / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(scratch) / path, STUBS / path)
    print(f"wrote {len(wanted)} files below {STUBS.relative_to(ROOT)}")
    for stubs in OTHERS:
        if stubs.is_makeable():
            _gen_others(stubs)
    return 0


def _gen_others(stubs: Stubs) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        stubs.write(Path(scratch), _names(), _protoc_files)
        wanted = stubs.generated_in(Path(scratch))
        for path in set(stubs.generated_in(stubs.home)) - set(wanted):
            (stubs.home / path).unlink()
        for path in wanted:
            (stubs.home / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(scratch) / path, stubs.home / path)
    print(f"wrote {len(wanted)} files below {stubs.home.relative_to(ROOT)}")


def fresh() -> int:
    """Compare the committed stubs with new ones."""
    with tempfile.TemporaryDirectory() as scratch:
        wanted = generate(Path(scratch))
        stale = [path for path in wanted if not _is_same(Path(scratch) / path, STUBS / path)]
    stale += sorted(set(_generated_in(STUBS)) - set(wanted))
    stale = [STUBS / path for path in stale]
    for stubs in OTHERS:
        if stubs.is_makeable():
            stale += _stale_others(stubs)
    for path in stale:
        print(f"stale: {path.relative_to(ROOT)}", file=sys.stderr)
    if stale:
        print("the stubs are not what the .proto files say: run `make gen`", file=sys.stderr)
    return 1 if stale else 0


def _stale_others(stubs: Stubs) -> list[Path]:
    with tempfile.TemporaryDirectory() as scratch:
        stubs.write(Path(scratch), _names(), _protoc_files)
        wanted = stubs.generated_in(Path(scratch))
        stale = [path for path in wanted if not _is_same(Path(scratch) / path, stubs.home / path)]
    left_behind = set(stubs.generated_in(stubs.home)) - set(wanted)
    return [stubs.home / path for path in sorted({*stale, *left_behind})]


def lint() -> int:
    """Run buf lint by the rules in buf.yaml."""
    with _workspace(PROTO) as workspace:
        return _buf("lint", "proto", cwd=workspace)


def format_protos(*, check: bool) -> int:
    """Run buf format."""
    how = ["--diff", "--exit-code"] if check else ["--write"]
    with _workspace(PROTO) as workspace:
        code = _buf("format", *how, "proto", cwd=workspace)
        if not check:
            for path in PROTO.rglob("*.proto"):
                shutil.copyfile(workspace / "proto" / path.relative_to(PROTO), path)
    return code


def breaking() -> int:
    """Run buf breaking against the contract of the last release."""
    tags = _git("tag", "--list", "v*", "--sort=-v:refname").decode().split()
    if not tags:
        print("buf breaking: no tag v* in this clone, so nothing to compare the contract with")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(fileobj=BytesIO(_git("archive", tags[0], "proto"))) as archive:
            archive.extractall(scratch, filter="data")
        with _workspace(PROTO) as now, _workspace(Path(scratch) / "proto") as then:
            return _buf("breaking", "proto", "--against", str(then / "proto"), cwd=now)


@contextmanager
def _workspace(protos: Path) -> Iterator[Path]:
    """Lay *protos* and the google protos side by side, as two modules of one buf workspace."""
    rules = yaml.safe_load((PROTO / "buf.yaml").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        _copy_protos(protos, root / "proto")
        for part in ("api", "rpc", "type"):
            _copy_protos(_google_protos() / "google" / part, root / "googleapis/google" / part)
        rules["modules"] = [{"path": "proto"}, {"path": "googleapis"}]
        (root / "buf.yaml").write_text(yaml.safe_dump(rules))
        yield root


def _copy_protos(source: Path, target: Path) -> None:
    for path in source.rglob("*.proto"):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _google_protos() -> Path:
    """The folder that holds google/api and google/rpc (not google/protobuf: protoc brings its own)."""
    spec = importlib.util.find_spec("google.rpc")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("googleapis-common-protos is not installed: run `make setup`")
    return Path(next(iter(spec.submodule_search_locations))).parents[1]


def _names() -> list[str]:
    """The contract's files, as protoc is told of them."""
    return sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))


def _protoc(protos: list[Path], *outputs: str) -> None:
    plugin = f"--plugin=protoc-gen-mypy_grpc={SCRIPTS / 'protoc-gen-mypy_grpc'}"
    _protoc_files([str(path) for path in protos], [plugin, *outputs])


def _protoc_files(protos: Sequence[str], options: Sequence[str]) -> None:
    from grpc_tools import protoc

    well_known = Path(protoc.__file__).parent / "_proto"
    includes = [f"-I{PROTO}", f"-I{well_known}", f"-I{_google_protos()}"]
    if protoc.main(["protoc", *includes, *options, *protos]) != 0:
        sys.exit("protoc refused the contract")


def _generated_in(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for name in _GENERATED for path in folder.rglob(name))


def _is_same(left: Path, right: Path) -> bool:
    return right.is_file() and filecmp.cmp(left, right, shallow=False)


def _buf(*arguments: str, cwd: Path) -> int:
    buf = SCRIPTS / "buf"
    if not buf.exists():
        sys.exit("buf is not installed: run `make setup`")
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "BUF_CACHE_DIR": cache}
        return subprocess.run([buf, *arguments], cwd=cwd, env=environment, check=False).returncode


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


def main() -> int:
    """Read the command line and run one act."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("act", choices=["gen", "fresh", "lint", "format", "breaking"])
    parser.add_argument("--check", action="store_true", help="format: only tell what would change")
    arguments = parser.parse_args()
    match arguments.act:
        case "gen":
            return gen()
        case "fresh":
            return fresh()
        case "lint":
            return lint()
        case "format":
            return format_protos(check=arguments.check)
        case _:
            return breaking()


if __name__ == "__main__":
    sys.exit(main())
