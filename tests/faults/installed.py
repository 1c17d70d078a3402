"""The probe, laid down as an installer lays a plug-in down: a package beside its metadata, in a folder on the path."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

SOURCE = Path(__file__).parent / "leancity_probe"
PACKAGE = "leancity_probe"


def install_probe(site: Path) -> None:
    """Install the probe in ``site``, for everybody to read: the processes of `up` may run as somebody else."""
    shutil.copytree(SOURCE / PACKAGE, site / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text("utf-8"))["project"]
    metadata = site / f"{PACKAGE}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = [
        line
        for group, points in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {module}" for name, module in points.items()))
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
    for path in (site, *site.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
