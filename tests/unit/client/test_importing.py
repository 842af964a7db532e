"""What importing the client costs, and what its command says when it cannot run."""

import subprocess
import sys

import pytest


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run it in a fresh interpreter."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_importing_assay_loads_neither_grpc_nor_protobuf() -> None:
    """They take longer than everything else together, and a specification needs neither."""
    code = (
        "import sys, assay; assay.double(0, 1); assay.constraint('a <= 1');"
        "assert not {'grpc', 'google.protobuf'} & set(sys.modules), sys.modules"
    )

    assert python(code).stderr == ""


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As with any module."""
    result = python("import assay; assay.Clint")

    assert "AttributeError: module 'assay' has no attribute 'Clint'" in result.stderr


@pytest.mark.parametrize(
    ("absent", "told"),
    [
        (["typer"], "The assay command needs typer"),
        (["typer", "rich", "yaml"], "The assay command needs typer and rich and yaml"),
    ],
)
def test_the_command_says_what_to_install(absent: list[str], told: str) -> None:
    """The bare client has no command line: one sentence, and no traceback."""
    code = (
        "import importlib.util as u; found = u.find_spec\n"
        f"u.find_spec = lambda name, *rest: None if name in {absent} else found(name, *rest)\n"
        "from assay.__main__ import main; main()"
    )
    result = python(code)

    assert result.returncode == 1
    assert result.stderr == f'{told}: pip install "assay[cli]"\n'
