"""Secrets that must be read back (a second factor's, a provider's): sealed with the installation's key, per city."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from leancity.core.config import load, require
from leancity.core.errors import StartupError
from leancity.core.tenancy.context import current_tenant


def seal(plain: str) -> str:
    """Return ``plain`` sealed for the city being served; another city's key does not open it."""
    return _fernet(current_tenant().id).encrypt(plain.encode()).decode()


def unseal(sealed: str) -> str:
    """Return what was sealed for this city; raise ``StartupError`` where it was sealed with another key."""
    try:
        return _fernet(current_tenant().id).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise StartupError("a stored secret was sealed with another LEANCITY_SECRET_KEY") from error


def fingerprint(text: str) -> str:
    """Return 64 hex digits that are equal for equal texts of this city and tell nothing else of them.

    Keyed, because logins and addresses are few enough to be guessed through a plain digest.
    """
    return hmac.new(_key(current_tenant().id, b"fingerprint"), text.encode(), hashlib.sha256).hexdigest()


def derived(purpose: str, text: str) -> str:
    """Return a secret of this city, 64 hex digits, that is the same for the same text and that only we can make.

    So a secret need not be kept to be told once more. ``purpose`` keeps those of one kind from being another's.
    """
    key = _key(current_tenant().id, b"derived " + purpose.encode())
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def signature(purpose: str, text: str) -> str:
    """Return 64 hex digits by which this installation, and nobody else, knows a text again as its own.

    It belongs to no city and outlives all of them. ``purpose`` keeps a signature of one kind from being another's.
    """
    config = load()
    require(config, "secret_key")
    key = _derived(config.secret_key, 0, b"signature " + purpose.encode())
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def key_seed(purpose: str) -> bytes:
    """Return the 32 bytes that a key pair of this installation is made of: the same as long as its secret is.

    Its public half may be told to everybody. ``purpose`` keeps a pair of one kind from being another's.
    """
    config = load()
    require(config, "secret_key")
    return _derived(config.secret_key, 0, b"key pair " + purpose.encode())


def _fernet(tenant_id: int) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(tenant_id, b"seal")))


def _key(tenant_id: int, purpose: bytes) -> bytes:
    config = load()
    require(config, "secret_key")
    return _derived(config.secret_key, tenant_id, purpose)


@lru_cache(maxsize=4096)
def _derived(secret_key: str, tenant_id: int, purpose: bytes) -> bytes:
    info = b"leancity " + purpose + b" %d" % tenant_id
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret_key.encode())
