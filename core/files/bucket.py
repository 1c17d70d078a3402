"""The store in an S3 bucket, of Amazon or of anybody who speaks S3. Credentials come from boto3's own environment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

PART = 8 * 1024 * 1024  # bytes; what is larger is sent in parts
_GONE = frozenset({"404", "NoSuchKey", "NotFound"})


class BucketStore:
    """Objects under ``prefix/key``. S3 shows an object only when all of it has arrived."""

    def __init__(self, bucket: str, prefix: str, *, endpoint: str = "", region: str = "") -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        session = boto3.session.Session()
        self._client: S3Client = session.client(
            "s3",
            endpoint_url=endpoint or None,
            region_name=region or session.region_name or "us-east-1",
            config=Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"mode": "standard", "total_max_attempts": 4},
                max_pool_connections=16,
                s3={"addressing_style": "path" if endpoint else "auto"},
                # Others than Amazon don't know its newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, file: BinaryIO, key: str) -> None:
        file.seek(0)
        first = file.read(PART)
        if len(first) < PART:
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=first)
            return
        where = self._client.create_multipart_upload(Bucket=self._bucket, Key=self._prefix + key)["UploadId"]
        try:
            parts = [self._part(key, where, number, part) for number, part in enumerate(_parts(first, file), 1)]
            self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=self._prefix + key, UploadId=where, MultipartUpload={"Parts": parts}
            )
        except BaseException:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._prefix + key, UploadId=where)
            raise

    def _part(self, key: str, upload: str, number: int, part: bytes) -> CompletedPartTypeDef:
        sent = self._client.upload_part(
            Bucket=self._bucket, Key=self._prefix + key, UploadId=upload, PartNumber=number, Body=part
        )
        return {"PartNumber": number, "ETag": sent["ETag"]}

    def read(self, key: str, start: int, length: int) -> bytes:
        asked = f"bytes={start}-{start + length - 1}"
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key, Range=asked)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                raise FileNotFoundError(key) from error
            raise
        return answer["Body"].read()

    def size(self, key: str) -> int | None:
        try:
            return self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)["ContentLength"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def pages(self, prefix: str) -> Iterator[list[tuple[str, datetime]]]:
        below = f"{self._prefix}{prefix}/"
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=below):
            found = page.get("Contents", [])
            yield [(each["Key"].removeprefix(self._prefix), each["LastModified"]) for each in found]

    def tidy(self, prefix: str, before: datetime) -> None:
        below = f"{self._prefix}{prefix}/"
        for page in self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=below):
            for each in page.get("Uploads", []):
                if each["Initiated"] < before:
                    self._client.abort_multipart_upload(Bucket=self._bucket, Key=each["Key"], UploadId=each["UploadId"])

    def incoming(self) -> Path | None:
        return None


def _parts(first: bytes, file: BinaryIO) -> Iterator[bytes]:
    part = first
    while part:
        yield part
        part = file.read(PART)
