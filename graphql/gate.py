"""The second lock: a module's root fields ask the gate themselves, even when the wrong schema is served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from strawberry.extensions import FieldExtension
from strawberry.types import Info
from strawberry.utils.await_maybe import await_maybe

from leancity.core.plugins.gate import require_open


class ModuleGate(FieldExtension):
    """Raises ``ModuleClosed`` unless the city being served has the module."""

    def __init__(self, module: str) -> None:
        self.module = module

    def check(self) -> None:
        """Raise ``ModuleClosed``."""
        require_open(self.module)

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info[Any, Any], **kwargs: Any) -> Any:
        self.check()
        return next_(source, info, **kwargs)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info[Any, Any], **kwargs: Any) -> Any:
        self.check()
        return await await_maybe(next_(source, info, **kwargs))  # a subscription answers a generator
