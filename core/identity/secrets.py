"""Secrets of sessions and tokens, and passwords. Only digests are stored."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 4
_hasher = PasswordHasher()
# A hash takes 64 MB besides its 50 ms: a flood of passwords waits here instead of filling the memory. Threads of their
# own rather than a semaphore, which would belong to one event loop.
_hashing = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="passwords")


def new_secret() -> str:
    """Return a fresh secret of 256 bits, for a cookie or a header."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored of a secret: its SHA-256 in hex. The secret has full entropy, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def hash_password(password: str) -> str:
    """Return the argon2id hash of a password. Takes about 50 ms in a thread: never inside a transaction."""
    return await asyncio.get_running_loop().run_in_executor(_hashing, _hasher.hash, password)


async def verify_password(stored: str, password: str) -> bool:
    """Tell whether the password is the stored one; takes as long for an account that does not exist (``stored`` "")."""
    return await asyncio.get_running_loop().run_in_executor(_hashing, _verify, stored, password)


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored or _nobodys(), password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _hasher.hash(new_secret())
