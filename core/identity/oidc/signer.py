"""The operator's program that signs for ESIA: bytes on its standard input, a detached signature on its output.

GOST R 34.10-2012 by certified means is that program's business; the key never comes near this process.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shlex
from asyncio.subprocess import PIPE

import structlog

from leancity.core.config import Config, load
from leancity.core.errors import refuse
from leancity.core.identity.oidc.client import Reason

SECONDS = 10
MOST = 8
"""Programs at once in this process: anybody may begin a sign-in, and each starts one."""
log = structlog.get_logger()


_running: set[object] = set()


async def sign(data: bytes) -> bytes:
    """Return the signature of ``data`` by the command in ``ESIA_SIGNER``; refuse when there is none in ten seconds."""
    command = shlex.split(load().esia_signer)
    if not command:
        raise refuse("esia_signer_failed") from Reason("ESIA_SIGNER is not set")
    if len(_running) >= MOST:
        raise refuse("esia_signer_failed") from Reason(f"{MOST} of them are signing already")
    token = object()
    _running.add(token)
    try:
        return await _signature(command, data)
    finally:
        _running.discard(token)


async def _signature(command: list[str], data: bytes) -> bytes:
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=_environment(), start_new_session=True
        )
    except OSError as error:
        raise refuse("esia_signer_failed") from error
    try:
        async with asyncio.timeout(SECONDS):
            signature, said = await process.communicate(data)
    except TimeoutError as error:
        raise refuse("esia_signer_failed") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not signature:
        log.error("the signer for ESIA failed", code=process.returncode, said=said[-500:].decode(errors="replace"))
        raise refuse("esia_signer_failed") from Reason(f"the signer left with {process.returncode}")
    return signature


def _environment() -> dict[str, str]:
    """Return our environment without our own settings: the signer needs neither the database nor the secret key."""
    ours = {field.metadata["variable"] for field in dataclasses.fields(Config)}
    return {name: value for name, value in os.environ.items() if name not in ours}
