"""The second lock: a module's root fields ask the gate themselves, even when the wrong schema is served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from strawberry.extensions import FieldExtension
from strawberry.types import Info

from leancity.core.plugins.gate import require_open


class ModuleGate(FieldExtension):
    """Raises ``ModuleClosed`` unless the city being served has the module."""

    def __init__(self, module: str) -> None:
        self.module = module

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info[Any, Any], **kwargs: Any) -> Any:
        require_open(self.module)
        return next_(source, info, **kwargs)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info[Any, Any], **kwargs: Any) -> Any:
        require_open(self.module)
        return await next_(source, info, **kwargs)
