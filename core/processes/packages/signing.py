"""Signatures of packages: by this installation's key, and whether another's is one that the operator trusts."""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from leancity.core.config import load
from leancity.core.identity.vault import key_seed
from leancity.core.processes.packages.model import Signature

_PURPOSE = "process packages"
_SIGNED = b"leancity process package 1\n"
"""In front of the checksum: no signature of another thing is one of a package."""


class Trust(StrEnum):
    """Who vouches for a package: this installation, one that the operator trusts, one that nobody knows, nobody."""

    OURS = "ours"
    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    UNSIGNED = "unsigned"


class ForgedError(ValueError):
    """The signature is not one of this checksum."""


def sign(checksum: str) -> Signature:
    """Return this installation's signature of a package's checksum."""
    key = _own_key()
    return Signature(public_key=public_key(), value=base64.b64encode(key.sign(_SIGNED + checksum.encode())).decode())


def public_key() -> str:
    """Return this installation's public key in base64, as the operators of others are told it."""
    return base64.b64encode(_own_key().public_key().public_bytes_raw()).decode()


def trust_of(signature: Signature | None, checksum: str) -> Trust:
    """Return who vouches for a checksum; raise ``ForgedError`` for a signature that isn't one of it."""
    if signature is None:
        return Trust.UNSIGNED
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature.public_key, validate=True))
        key.verify(base64.b64decode(signature.value, validate=True), _SIGNED + checksum.encode())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise ForgedError(str(error)) from error
    # The same key has one spelling: base64 with other padding bits would be another text.
    spelled = base64.b64encode(key.public_bytes_raw()).decode()
    if spelled == public_key():
        return Trust.OURS
    return Trust.TRUSTED if spelled in load().trusted_installations else Trust.UNKNOWN


def _own_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key_seed(_PURPOSE))
