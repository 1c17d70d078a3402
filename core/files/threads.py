"""Threads for what blocks: reading and writing the store, and a few for decoding, each of which takes memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# Of their own: a store that hangs must not take the threads in which names are looked up. Executors rather than
# semaphores, which would belong to one event loop.
_storing = ThreadPoolExecutor(max_workers=16, thread_name_prefix="files")
_examining = ThreadPoolExecutor(max_workers=2, thread_name_prefix="examine")


async def storing(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do what waits for a disk or for the object store."""
    return await asyncio.get_running_loop().run_in_executor(_storing, lambda: work(*args, **kwargs))


async def examining(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do what takes a processor and up to 400 MB for a picture: two at once, the others wait."""
    return await asyncio.get_running_loop().run_in_executor(_examining, lambda: work(*args, **kwargs))
