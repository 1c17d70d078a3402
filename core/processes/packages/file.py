"""A package as a file: written in canonical JSON, and read behind the fences that everything uploaded stands behind.

Size, depth and form are looked at before a model of it is made; a newer schema is told as one, not as a mistake.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from leancity.core.cases.checks import keepable
from leancity.core.errors import refuse
from leancity.core.processes.packages.model import FORMAT, SCHEMA, Content, Signature
from leancity.core.processes.packages.signing import ForgedError, Trust, sign, trust_of

BYTES = 8 * 1024 * 1024
"""Of a file: a drawing of two megabytes, its forms and its tables."""
DEPTH = 64
"""How deep the JSON may lie: a form's schema has at most twelve levels, each of them two of JSON."""
_TEXTS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_FIELDS = {"format", "schema", "content", "checksum", "signature"}


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package that was read: ``text`` is the file, byte for byte; its checksum and its signature are good."""

    content: Content
    checksum: str
    trust: Trust
    signer: str
    text: str


def canonical(value: Any) -> bytes:
    """Return JSON with sorted keys, without blanks, in UTF-8: the same bytes for the same content everywhere."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def checksum_of(content: Any) -> str:
    """Return the SHA-256 of a content's canonical JSON, in hex."""
    return hashlib.sha256(canonical(content)).hexdigest()


def write(content: Content) -> Package:
    """Return a content as a file signed by this installation. CPU: call it outside of any unit."""
    plain = msgspec.to_builtins(content)
    checksum = checksum_of(plain)
    signature = sign(checksum)
    whole = {
        "format": FORMAT,
        "schema": SCHEMA,
        "content": plain,
        "checksum": checksum,
        "signature": msgspec.to_builtins(signature),
    }
    text = canonical(whole).decode()
    if len(text.encode()) > BYTES:
        raise refuse("package_too_big", "process_id", limit=BYTES)
    return Package(content=content, checksum=checksum, trust=Trust.OURS, signer=signature.public_key, text=text)


def read(data: bytes) -> Package:
    """Return the package in a file; refuse what is too big, no package, newer than we read, damaged or forged."""
    if len(data) > BYTES:
        raise refuse("package_too_big", "package", limit=BYTES)
    if _depth(data) > DEPTH:
        raise refuse("package_too_deep", "package", limit=DEPTH)
    try:
        whole = msgspec.json.decode(data)
        text = data.decode("utf-8")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise refuse("package_not_json", "package", reason=str(error)[:200]) from error
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise refuse("package_no_package", "package")
    if type(whole.get("schema")) is not int or whole["schema"] < 1:
        raise refuse("package_no_package", "package")
    if whole["schema"] > SCHEMA:
        raise refuse("package_newer", "package", schema=whole["schema"], known=SCHEMA)
    if not {*whole} <= _FIELDS:
        raise refuse("package_shape", "package", place=min({*whole} - _FIELDS)[:200])
    checksum = _sound(whole)
    try:
        content = msgspec.convert(whole.get("content"), Content)
        signature = msgspec.convert(whole.get("signature"), Signature | None)
    except msgspec.ValidationError as error:
        raise refuse("package_shape", "package", place=str(error)[:200]) from error
    try:
        trust = trust_of(signature, checksum)
    except ForgedError as error:
        raise refuse("package_forged", "package") from error
    signer = "" if signature is None else signature.public_key
    return Package(content=content, checksum=checksum, trust=trust, signer=signer, text=text)


def opened(text: str) -> Content:
    """Return the content of a package that was read before and kept."""
    return msgspec.convert(msgspec.json.decode(text)["content"], Content)


def _sound(whole: dict[str, Any]) -> str:
    """Return the checksum of the content, held against the one that the file says."""
    try:
        body = canonical(whole.get("content"))
    except (ValueError, UnicodeEncodeError, RecursionError) as error:
        raise refuse("package_not_json", "package", reason=str(error)[:200]) from error
    checksum = hashlib.sha256(body).hexdigest()
    if whole.get("checksum") != checksum:
        raise refuse("package_damaged", "package")
    if keepable(body.decode()) != body.decode() or b"\\u0000" in body:
        raise refuse("process_text_unkeepable", "package")
    return checksum


def _depth(data: bytes) -> int:
    """Return how deep brackets lie in one another: counted, not parsed, so that none is too deep to be looked at."""
    deepest = depth = 0
    for bracket in _BRACKETS.findall(_TEXTS.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
