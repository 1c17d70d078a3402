"""Settings of the installation, read once from the environment and checked at start.

This file is their one documentation: ``leancity settings`` prints it, ``docs/operators/settings.md`` is generated.
Settings of a *city* are another thing (``core.settings``).
"""

from __future__ import annotations

import base64
import dataclasses
import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from leancity.core.errors import StartupError


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if urlsplit(text).scheme not in schemes:
            raise ValueError(f"must begin with {' or '.join(f'{s}://' for s in schemes)}")
        return text

    return parse


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def _at_least(length: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if len(text) < length:
            raise ValueError(f"must have at least {length} characters")
        return text

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def _files(text: str) -> str:
    """Read a folder or the address of a bucket."""
    scheme, is_address, rest = text.partition("://")
    if is_address and (scheme != "s3" or not rest.partition("/")[0]):
        raise ValueError("must be a folder or s3://bucket/prefix")
    return text


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def _public_keys(text: str) -> frozenset[str]:
    """Read Ed25519 public keys in base64."""
    keys = frozenset(part.strip() for part in text.split(",") if part.strip())
    if any(len(base64.b64decode(key, validate=True)) != 32 for key in keys):
        raise ValueError("must be Ed25519 public keys, 32 bytes each in base64, by comma")
    return keys


LOOPBACK = "127.0.0.0/8,::1/128"


def _setting(variable: str, parse: Callable[[str], Any], default: Any, help_text: str) -> Any:
    metadata = {"variable": variable, "parse": parse, "help": help_text}
    return dataclasses.field(default=default, metadata=metadata)


POSTGRES = _url("postgresql", "postgres")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of this installation; see each one's ``help`` metadata."""

    database_url: str = _setting(
        "DATABASE_URL",
        POSTGRES,
        "",
        "PostgreSQL 15-18 as the role leancity_app; without it `leancity up` starts its own.",
    )
    database_migrate_url: str = _setting(
        "DATABASE_MIGRATE_URL",
        POSTGRES,
        "",
        "The same database as the role leancity_migrate, without a pooler between.",
    )
    database_direct_url: str = _setting(
        "DATABASE_DIRECT_URL",
        POSTGRES,
        "",
        "As DATABASE_URL without a pooler between, for the scheduler's leader lock; DATABASE_URL itself when not set.",
    )
    redis_url: str = _setting(
        "REDIS_URL",
        _url("redis", "rediss", "unix"),
        "",
        "Redis for hints between processes; may be emptied at any moment.",
    )
    redis_prefix: str = _setting("REDIS_PREFIX", str, "leancity", "First part of every key this installation writes.")
    secret_key: str = _setting(
        "LEANCITY_SECRET_KEY",
        _at_least(32),
        "",
        "At least 32 random characters that seal stored secrets (back them up); `leancity up` makes its own.",
    )
    smtp_url: str = _setting(
        "SMTP_URL",
        _url("smtp", "smtps"),
        "",
        "Mail server, smtp://user:password@host:587 (STARTTLS where offered) or smtps://; without it no mail leaves.",
    )
    mail_from: str = _setting("MAIL_FROM", str, "leancity@localhost", "Sender's address of the mail to people.")
    sms_url: str = _setting(
        "LEANCITY_SMS_URL",
        _url("http", "https"),
        "",
        "Relay of text messages to phones (docs/operators/sms.md); without it nobody signs in by a phone number.",
    )
    sms_token: str = _setting("LEANCITY_SMS_TOKEN", str, "", "Bearer token that the relay of text messages asks for.")
    esia_signer: str = _setting(
        "ESIA_SIGNER",
        str,
        "",
        "Command that signs standard input for ESIA (detached, GOST R 34.10-2012) and prints the signature.",
    )
    environment: str = _setting(
        "LEANCITY_ENVIRONMENT",
        _one_of("production", "development"),
        "production",
        "In development strangers may introspect the schema and cookies travel over plain HTTP.",
    )
    host: str = _setting("LEANCITY_HOST", str, "127.0.0.1", "Address the web server listens on.")
    port: int = _setting("LEANCITY_PORT", _whole(1, 65535), 8000, "Port the web server listens on.")
    pool_size: int = _setting(
        "LEANCITY_POOL_SIZE", _whole(1, 200), 10, "Database connections of one web or worker process."
    )
    web_processes: int = _setting("LEANCITY_WEB_PROCESSES", _whole(1, 64), 1, "Web processes behind the port.")
    worker_threads: int = _setting("LEANCITY_WORKER_THREADS", _whole(1, 64), 4, "Jobs a worker runs at once.")
    worker_processes: int = _setting(
        "LEANCITY_WORKER_PROCESSES",
        _whole(1, 256),
        1,
        "Worker processes of this installation; the scheduler counts with them.",
    )
    files: str = _setting(
        "LEANCITY_FILES",
        _files,
        ".leancity/files",
        "Where uploaded files are kept: a folder, or `s3://bucket/prefix` with boto3's own credentials (`AWS_...`).",
    )
    s3_endpoint_url: str = _setting(
        "S3_ENDPOINT_URL", _url("http", "https"), "", "Object store that is not Amazon's, https://host:port."
    )
    s3_region: str = _setting("S3_REGION", str, "", "The bucket's region; boto3's own setting when not set.")
    state: Path = _setting(
        "LEANCITY_STATE", Path, Path(".leancity"), "Folder of the servers that `leancity up` starts."
    )
    modules: str = _setting(
        "LEANCITY_MODULES", str, "*", "Allow-list of plug-ins, by comma; * takes all installed ones."
    )
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = _setting(
        "TRUSTED_PROXIES", _networks, (), "Networks, by comma, whose X-Forwarded-Host and -For count."
    )
    outgoing_private: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = _setting(
        "LEANCITY_OUTGOING_PRIVATE",
        _networks,
        (),
        "Networks, by comma, that are not global and may yet be reached by addresses that people of a city name, "
        "plain HTTP included.",
    )
    trusted_installations: frozenset[str] = _setting(
        "LEANCITY_TRUSTED_INSTALLATIONS",
        _public_keys,
        frozenset(),
        "Public keys, by comma, of installations whose process packages are trusted; `leancity process key` prints "
        "one's own.",
    )
    log_format: str = _setting(
        "LEANCITY_LOG", _one_of("json", "text"), "json", "Form of the log lines on standard error."
    )

    metrics_token: str = _setting(
        "METRICS_TOKEN",
        _at_least(32),
        "",
        "Bearer token of `/metrics`, at least 32 characters; without it `/metrics` answers in development only.",
    )
    metrics_port: int = _setting(
        "LEANCITY_METRICS_PORT",
        _whole(0, 65535),
        0,
        "Port on which a worker or a scheduler answers `/metrics`, one for each process; 0: none.",
    )

    @property
    def is_development(self) -> bool:
        return self.environment == "development"


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings; raise ``StartupError`` naming every variable that is wrong."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field in dataclasses.fields(Config):
        variable = field.metadata["variable"]
        text = environ.get(variable, "")
        if not text:
            continue
        try:
            values[field.name] = field.metadata["parse"](text)
        except ValueError as error:
            wrong.append(f"{variable}: {error}")
    if wrong:
        raise StartupError("; ".join(wrong))
    return Config(**values)


def require(config: Config, *names: str) -> None:
    """Raise ``StartupError`` naming the settings among ``names`` that a command can't do without."""
    variables = {field.name: field.metadata["variable"] for field in dataclasses.fields(Config)}
    missing = [variables[name] for name in names if not getattr(config, name)]
    if missing:
        raise StartupError(
            f"{' and '.join(missing)} must be set (or use `leancity up`, which starts servers of its own)"
        )


def reference() -> str:
    """Return the settings as a Markdown table: variable, default, meaning."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for field in dataclasses.fields(Config):
        default = f"`{field.default}`" if field.default not in ("", (), frozenset()) else "none"
        lines.append(f"| `{field.metadata['variable']}` | {default} | {field.metadata['help']} |")
    return "\n".join(lines) + "\n"
