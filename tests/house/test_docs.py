"""The tutorial for plug-in developers can fail: hooks by their exact signature, examples from the plug-in that runs."""

from __future__ import annotations

import ast
import dataclasses
import re

from leancity.core.plugins import contributions, hooks
from leancity.core.plugins.gate import DOORS
from leancity.core.testing.contract import ModuleContract
from tests.house.source import ROOT

PAGE = ROOT / "docs" / "developers" / "plug-in.md"
EXAMPLE = ROOT / "tests" / "plugins" / "leancity_earthworks"

_HEADING = re.compile(r"^### `(.+)`$", re.MULTILINE)
_SNIPPET = re.compile(r"<!-- from (\S+) -->\n```\w+\n(.*?)\n```", re.DOTALL)


def signatures() -> dict[str, str]:
    """Return the hooks as they are written in ``core/plugins/hooks.py``."""
    tree = ast.parse((ROOT / "core" / "plugins" / "hooks.py").read_text("utf-8"))
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list:
            word = "async def " if isinstance(node, ast.AsyncFunctionDef) else "def "
            returns = ast.unparse(node.returns) if node.returns else "None"
            found[node.name] = f"{word}{node.name}({ast.unparse(node.args)}) -> {returns}"
    return found


def section(page: str, heading: str) -> str:
    """Return what stands under a heading."""
    return page.partition(f"### `{heading}`\n")[2].partition("\n#")[0]


def test_every_hook_is_documented_with_its_exact_signature() -> None:
    page, wanted = PAGE.read_text("utf-8"), signatures()
    headings = [heading for heading in _HEADING.findall(page) if "def " in heading]
    assert headings == list(wanted.values()), "the reference has the hooks of hooks.py, in its order, and no others"
    for name, signature in wanted.items():
        text = section(page, signature)
        assert len(text.split()) > 8, f"{name}: say what it is for"
        kinds = {"Rule": hooks.RULES, "Listener": hooks.LISTENERS, "Obligation": hooks.OBLIGATIONS}
        assert [kind for kind in kinds if f"**{kind}.**" in text] == [kind for kind in kinds if name in kinds[kind]]


def test_every_field_of_what_hooks_return_is_documented() -> None:
    page = PAGE.read_text("utf-8")
    for name, kind in vars(contributions).items():
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            missing = [field.name for field in dataclasses.fields(kind) if f"`{field.name}`" not in page]
            assert f"`{name}`" in page, f"{name} is not documented"
            assert not missing, f"{name}: {missing} are not documented"


def test_every_door_and_every_promise_of_the_contract_is_documented() -> None:
    page = PAGE.read_text("utf-8")
    assert [door for door in DOORS if f"`{door}`" not in page] == []
    promises = [name for name in vars(ModuleContract) if name.startswith("test_")]
    assert [name for name in promises if f"`{name}`" not in page] == []


def test_every_example_is_code_that_runs() -> None:
    page = PAGE.read_text("utf-8")
    snippets = _SNIPPET.findall(page)
    assert len(snippets) == page.count("```python\n") + page.count("```toml\n"), "an example names the file it is from"
    for file, snippet in snippets:
        source = (EXAMPLE / file).read_text("utf-8")
        for part in re.split(r"\n*^ *# …$\n*", snippet, flags=re.MULTILINE):
            assert part in source, f"{file} has no longer:\n{part}"
