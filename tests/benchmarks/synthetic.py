"""Synthetic modules, installed for one process by a folder on PYTHONPATH: six of 25 GraphQL types each make 64 sets."""

from __future__ import annotations

from itertools import chain, combinations
from pathlib import Path

NAMES = tuple(f"synthetic_{letter}" for letter in "abcdef")
TYPES, FIELDS = 25, 10

_MODULE = '''
"""Made by tests/benchmarks/synthetic.py."""
import strawberry
from leancity.core.plugins.contributions import GraphQLTypes, Manifest
from leancity.core.plugins.hooks import hookimpl

class Plugin:
    def __init__(self, name):
        self.name = name
        prefix = "".join(part.title() for part in name.split("_"))
        leaves = [
            strawberry.type(type(f"{{prefix}}Type{{n}}", (), {{
                "__annotations__": {{f"field_{{i}}": int for i in range({fields})}},
                **{{f"field_{{i}}": i for i in range({fields})}},
            }}))
            for n in range({types})
        ]
        self.query = strawberry.type(type(f"{{prefix}}Query", (), {{
            "__annotations__": {{f"leaf_{{n}}": leaf | None for n, leaf in enumerate(leaves)}},
            **{{f"leaf_{{n}}": None for n in range({types})}},
        }}))

    @hookimpl
    def register_module(self):
        title = {{"en": self.name, "ru": self.name}}
        return Manifest(name=self.name, title=title, summary=title, kind="module", version="1")

    @hookimpl
    def register_graphql(self):
        return GraphQLTypes(query=self.query)

{plugins}
'''


def install(folder: Path) -> None:
    """Write the modules and their metadata into ``folder``, as pip would."""
    plugins = "\n".join(f"{name} = Plugin({name!r})" for name in NAMES)
    (folder / "leancity_synthetic.py").write_text(_MODULE.format(plugins=plugins, types=TYPES, fields=FIELDS))
    info = folder / "leancity_synthetic-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: leancity-synthetic\nVersion: 1.0\n")
    points = "\n".join(f"{name} = leancity_synthetic:{name}" for name in NAMES)
    (info / "entry_points.txt").write_text(f"[leancity.modules]\n{points}\n")


def module_sets(amount: int) -> list[tuple[str, ...]]:
    """Return ``amount`` different sets of modules, city_problems in each."""
    every = chain.from_iterable(combinations(NAMES, size) for size in range(len(NAMES) + 1))
    return [("city_problems", *names) for names in every][:amount]
