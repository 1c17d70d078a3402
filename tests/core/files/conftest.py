"""A city whose files lie in a folder, and one whose files lie in a bucket: the same tests for both."""

from __future__ import annotations

import builtins
import io
import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import boto3
import httpx
import pytest
import pytest_asyncio
from moto.server import ThreadedMotoServer

from leancity.core.files.folder import INCOMING
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.platform import Platform, _wait

BUCKET = "uploads"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class Bytes(Protocol):
    """What lies in a store, looked at past the platform."""

    def keys(self, city: City) -> list[str]: ...
    def content(self, key: str) -> bytes: ...
    def remove(self, key: str) -> None: ...
    def begun(self) -> list[str]: ...


@dataclass(frozen=True, kw_only=True)
class InFolder:
    root: Path

    def keys(self, city: City) -> list[str]:
        found = (self.root / city.tenant.slug).rglob("*")
        return sorted(path.relative_to(self.root).as_posix() for path in found if path.is_file())

    def content(self, key: str) -> bytes:
        return (self.root / key).read_bytes()

    def remove(self, key: str) -> None:
        (self.root / key).unlink()

    def begun(self) -> list[str]:
        """Return what is left of uploads under way."""
        return sorted(path.name for path in (self.root / INCOMING).glob("*"))


@dataclass(frozen=True, kw_only=True)
class InBucket:
    client: Any
    prefix: str

    def keys(self, city: City) -> list[str]:
        found = self.client.list_objects_v2(Bucket=BUCKET, Prefix=f"{self.prefix}/{city.tenant.slug}/")
        return sorted(each["Key"].removeprefix(f"{self.prefix}/") for each in found.get("Contents", []))

    def content(self, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=BUCKET, Key=f"{self.prefix}/{key}")["Body"].read())

    def remove(self, key: str) -> None:
        self.client.delete_object(Bucket=BUCKET, Key=f"{self.prefix}/{key}")

    def begun(self) -> list[str]:
        found = self.client.list_multipart_uploads(Bucket=BUCKET)
        return sorted(each["Key"] for each in found.get("Uploads", []))


@dataclass(frozen=True, kw_only=True)
class Site:
    """A city, and where its bytes are."""

    city: City
    bytes: Bytes

    async def send(
        self, content: builtins.bytes, name: str = "x.jpg", *, as_: TestUser | None = None, locale: str = "en"
    ) -> httpx.Response:
        """Send a file in a form."""
        files = {"file": (name, io.BytesIO(content), "application/x-lie")}
        return await self.city.request("POST", "/files", as_=as_, files=files, headers={"Accept-Language": locale})

    async def sent(
        self, content: builtins.bytes, name: str = "x.jpg", *, as_: TestUser | None = None
    ) -> dict[str, Any]:
        """Send a file that must be taken."""
        answer = await self.send(content, name, as_=as_)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ticket(self, name: str = "x.pdf", size: int = 1000, *, as_: TestUser | None = None) -> str:
        """Ask for an address to send a file to."""
        query = "mutation ($n: String!, $s: Int!) { fileUploadBegin(name: $n, size: $s) { upload { url } } }"
        data = await self.city.data(query, {"n": name, "s": size}, as_=as_)
        return str(data["fileUploadBegin"]["upload"]["url"])

    async def rows(self) -> list[Any]:
        return await self.city.rows("select * from stored_file where tenant_id = $1 order by id")

    async def is_empty(self) -> bool:
        """Tell whether nothing at all is kept: no row, no bytes, nothing half-received."""
        return (await self.rows(), self.bytes.keys(self.city), self.bytes.begun()) == ([], [], [])


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """An S3 server on loopback."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(scope="session")
def bucket_platform(platform: Platform, moto: str) -> Iterator[tuple[Platform, Any]]:
    """A second web process, whose files go to S3."""
    client = boto3.client(
        "s3", endpoint_url=moto, aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )
    client.create_bucket(Bucket=BUCKET)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    more = {"LEANCITY_FILES": f"s3://{BUCKET}/in/prod", "S3_ENDPOINT_URL": moto, "LEANCITY_PORT": str(port), **KEYS}
    other = replace(platform, port=port, environment={**platform.environment, **more})
    with other.process("web"):
        _wait(port)
        yield other, client
    client.close()


@pytest_asyncio.fixture
async def folder_site(city: City, platform: Platform) -> Site:
    """A city that keeps its files in a folder."""
    return Site(city=city, bytes=InFolder(root=Path(platform.environment["LEANCITY_FILES"])))


@pytest.fixture(params=["folder", "bucket"])
def site(request: pytest.FixtureRequest, city: City, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A city of either kind; what the test itself does goes to the same store."""
    if request.param == "folder":
        root = Path(city.platform.environment["LEANCITY_FILES"])
        return Site(city=city, bytes=InFolder(root=root))
    platform, client = request.getfixturevalue("bucket_platform")
    for name in ("LEANCITY_FILES", "S3_ENDPOINT_URL", *KEYS):
        monkeypatch.setenv(name, platform.environment[name])
    return Site(city=City(platform, city.tenant), bytes=InBucket(client=client, prefix="in/prod"))
