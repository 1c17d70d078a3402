"""What an import means in this checkout. The arrows between the rooms are ``make lint``'s (import-linter)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

WHERE = "import graphql; print(graphql.__file__)"


def test_the_folder_graphql_is_no_package_of_that_name() -> None:
    """With an ``__init__.py`` it would take graphql-core's name wherever the checkout is on the path."""
    assert not (ROOT / "graphql" / "__init__.py").exists()


@pytest.mark.parametrize("arguments", [["-c", WHERE], ["-P", "-c", WHERE]])
def test_graphql_is_graphql_core_in_the_checkout(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "site-packages" in Path(done.stdout.strip()).parts


def test_one_file_is_one_module() -> None:
    """Imported as ``core.x`` beside ``leancity.core.x`` a file would be there twice, with two registries."""
    relative = (
        "import sys; import leancity.core.app; print([name for name in sys.modules if name.split('.')[0] == 'core'])"
    )
    done = subprocess.run([sys.executable, "-c", relative], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
