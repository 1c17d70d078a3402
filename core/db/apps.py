"""One way to declare a piccolo app: its name from its package, its migrations beside it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from piccolo.conf.apps import AppConfig
from piccolo.table import Table


def app(module: str, *tables: type[Table]) -> AppConfig:
    """Return the app of the package that ``module`` (pass ``__name__``) belongs to.

    ``leancity.core.cases.piccolo_app`` becomes ``core_cases``, a third party's ``leancity_parking.piccolo_app``
    ``leancity_parking``.
    """
    package = module.rpartition(".")[0]
    file = import_module(package).__file__
    if file is None:
        raise ImportError(f"{package} has no __init__.py")
    return AppConfig(
        app_name=package.removeprefix("leancity.").replace(".", "_"),
        migrations_folder_path=str(Path(file).parent / "migrations"),
        table_classes=list(tables),
    )
