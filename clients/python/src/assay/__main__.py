"""The `assay` command: `assay server`, `assay worker`, `assay study list`, …"""

import sys
from importlib.util import find_spec

NEEDED = ("typer", "rich", "yaml")
"""What the command line is made of, and the bare client goes without."""


def main() -> None:
    """Run the command line, or say in one sentence what it lacks."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        sys.exit(f'The assay command needs {" and ".join(missing)}: pip install "assay[cli]"')
    from assay.cli import main as run

    run()


if __name__ == "__main__":
    main()
