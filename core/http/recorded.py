"""An answer with personal data leaves after the record of its reading."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from litestar.types import Message, Send

from leancity.core.audit.desk import Passage, passage
from leancity.core.audit.writing import AuditUnavailable
from leancity.core.http.problems import send_problem

TRY_AGAIN_LATER = 1013  # the WebSocket protocol's code
log = structlog.get_logger()


@asynccontextmanager
async def recorded(send: Send, locale: str) -> AsyncIterator[Send]:
    """Open a passage and yield a ``send`` that writes the reads noted on it before it passes a message on.

    Where they can't be written, an answer that has not begun becomes 503 ``audit_unavailable``, a socket is closed, and
    one that has begun breaks off with ``AuditUnavailable``.
    """
    async with passage() as opened:
        yield _Recorded(send, opened, locale).send


class _Recorded:
    def __init__(self, send: Send, opened: Passage, locale: str) -> None:
        self._send = send
        self._passage = opened
        self._locale = locale
        self._is_held_back = False

    async def send(self, message: Message) -> None:
        if self._is_held_back:
            self._passage.forget()
            return
        try:
            await self._passage.settle()
        except AuditUnavailable as error:
            log.error("an answer is held back: its reads of personal data can't be recorded", exc_info=error)
            self._passage.forget()
            self._is_held_back = True
            if message["type"] == "http.response.start":
                await send_problem(self._send, 503, "audit_unavailable", self._locale)
            elif message["type"].startswith("websocket."):
                await self._send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": "audit_unavailable"})
            else:
                raise
        else:
            await self._send(message)
