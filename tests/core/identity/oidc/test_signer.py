"""The operator's program that signs: how it fails."""

from __future__ import annotations

import asyncio
import shlex
import sys

import pytest

from leancity.core.errors import Refused
from leancity.core.identity.oidc import signer


def said(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setenv("ESIA_SIGNER", shlex.join([sys.executable, "-c", code]) if code else "")


async def test_it_gets_the_bytes_and_gives_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    said(monkeypatch, "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])")
    assert await signer.sign("ёж".encode()) == "ёж".encode()[::-1]


@pytest.mark.parametrize("code", ["", "raise SystemExit(3)", "pass", "import time; time.sleep(60)"])
async def test_without_a_signature_the_sign_in_is_refused(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    said(monkeypatch, code)
    monkeypatch.setattr(signer, "SECONDS", 1)
    with pytest.raises(Refused, match="esia_signer_failed"):
        await signer.sign(b"x")


async def test_a_program_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in ("/no/such/program", "sh -c $(touch /tmp/x)"):
        monkeypatch.setenv("ESIA_SIGNER", command)
        with pytest.raises(Refused, match="esia_signer_failed"):
            await signer.sign(b"x")


async def test_not_more_than_a_few_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said(monkeypatch, "import sys, time; time.sleep(0.5); sys.stdout.write('x')")
    monkeypatch.setattr(signer, "MOST", 2)
    done = await asyncio.gather(*(signer.sign(b"x") for _ in range(3)), return_exceptions=True)
    assert sorted(map(str, done)) == ["-: esia_signer_failed", "b'x'", "b'x'"]
    assert await signer.sign(b"x") == b"x"
