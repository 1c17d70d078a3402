"""Packages as files: between two installations, damaged, forged, from the future, and meant to hurt."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from leancity.core.errors import Refused
from leancity.core.i18n.catalogue import describe
from leancity.core.processes.packages.file import BYTES, canonical, checksum_of, read
from leancity.core.testing.platform import Platform
from tests.core.processes.packages.conftest import ADOPTION, Exchange
from tests.core.processes.versions.models import permit
from tests.core.processes.versions.test_uploading import sent

BEGIN = "$f: UUID, $u: Boolean! => processAdoptionBegin(fileId: $f, isUntrustedTaken: $u)"
ANOTHER = Ed25519PrivateKey.from_private_bytes(b"another installation's own key..")
ANOTHERS = base64.b64encode(ANOTHER.public_key().public_bytes_raw()).decode()
_ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
BOMB = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a0 "x">{_ENTITIES}]><definitions>&a8;</definitions>'


def signed(package: dict[str, Any]) -> dict[str, Any]:
    """Return a package as the other installation would have written it."""
    checksum = checksum_of(package["content"])
    value = ANOTHER.sign(b"leancity process package 1\n" + checksum.encode())
    signature = {
        "algorithm": "ed25519",
        "public_key": ANOTHERS,
        "value": base64.b64encode(value).decode(),
    }
    return {**package, "checksum": checksum, "signature": signature}


async def refusals(exchange: Exchange, data: bytes, *, taken: bool = False) -> list[tuple[str, str]]:
    """Return the codes and the messages with which a file is refused, none where it is begun to be taken."""
    file_id = await sent(exchange.taker, data, "practice.txt")
    answer = await exchange.taker.do(BEGIN, ADOPTION, f=file_id, u=taken)
    assert (answer["adoption"] is None) == bool(answer["errors"])
    return [(each["code"], each["message"]) for each in answer["errors"]]


async def test_what_is_damaged_forged_newer_or_hostile_is_refused_by_name(exchange: Exchange) -> None:
    good = await exchange.file((await exchange.offered())["id"])
    content = good["content"]

    def changed(**parts: Any) -> dict[str, Any]:
        return signed({**good, "content": {**content, **parts}})

    drawing = content["drawing"]
    form = content["forms"][0]
    deep: Any = {"type": "string"}
    for _ in range(20):
        deep = {"type": "object", "properties": {"a": deep}}
    table = content["decisions"][0]
    for wrong, code in (
        (b"\x7b" * 3_000, "package_too_deep"),
        (b"[" * 200_000, "package_too_deep"),
        (b'{"format": ', "package_not_json"),
        (b'{"a": 1e999}', "package_not_json"),
        (canonical({"format": "something", "schema": 1}), "package_no_package"),
        (canonical([1]), "package_no_package"),
        (canonical({**good, "schema": 3}), "package_newer"),
        (canonical({**good, "schema": "1"}), "package_no_package"),
        (canonical({**good, "more": 1}), "package_shape"),
        (canonical({**good, "content": {**content, "no": 2}}), "package_damaged"),
        (canonical({**good, "checksum": "0" * 64}), "package_damaged"),
        (canonical({**good, "signature": {**good["signature"], "public_key": ANOTHERS}}), "package_forged"),
        (canonical({**good, "signature": {**good["signature"], "value": "!"}}), "package_forged"),
        (b" " * (BYTES + 1), "package_too_big"),
    ):
        with pytest.raises(Refused) as refused:
            read(wrong)
        (problem,) = refused.value.problems
        assert (problem.code, describe(problem, "ru") != code) == (code, True)
    for wrong, code in (
        (canonical({**good, "content": {**content, "no": 2}}), "package_damaged"),
        (canonical({**good, "signature": None}), "package_unsigned"),
        (canonical(changed()), "package_untrusted"),
        (canonical(good), ""),
    ):
        told = await refusals(exchange, wrong)
        assert [each for each, _ in told] == ([code] if code else []), (code, told)
    # Taken though nobody vouches for it: all else is held to the same fences as what is typed by hand.
    for wrong_content, code in (
        (changed(drawing={**drawing, "xml": BOMB}), "xml_doctype"),
        (changed(drawing={**drawing, "xml": "<a/>"}), "bpmn_not_bpmn"),
        (changed(drawing={**drawing, "process_element": "other"}), "process_element_unknown"),
        (changed(drawing={**drawing, "xml": "<" + "a" * 2_200_000}), "xml_too_big"),
        (changed(forms=[{**form, "data_schema": deep}]), "form_too_deep"),
        (changed(forms=[{**form, "data_schema": {"type": "array"}}]), "form_no_object"),
        (changed(forms=[form, form]), "package_shape"),
        (changed(forms=[{**form, "key": "k" * 300}]), "package_shape"),
        (changed(decisions=[{**table, "xml": BOMB}]), "xml_doctype"),
        (changed(lanes=[{**content["lanes"][0], "role": "not.among.names"}]), "package_shape"),
        (changed(process={**content["process"], "modules": ["flying_cars"]}), "package_module_missing"),
        (changed(process={**content["process"], "case_kind": "core.nothing"}), "package_kind_missing"),
        (changed(process={**content["process"], "key": "../../x"}), "package_shape"),
        (changed(description="zero \0 byte"), "process_text_unkeepable"),
        (changed(no=0), "package_shape"),
        (changed(no=True), "package_shape"),
        (changed(tags="text"), "package_shape"),
    ):
        told = await refusals(exchange, canonical(wrong_content), taken=True)
        assert code in [each for each, _ in told], (code, told)
    rows = await exchange.taker.city.rows("select 1 from package_adoption where tenant_id = $1")
    assert len(rows) == 1, "the good one; what is refused leaves nothing behind"
    assert await refusals(exchange, canonical(changed()), taken=True) == []


async def test_a_file_goes_round_between_two_installations(
    exchange: Exchange, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = exchange.taker.city.tenant.slug

    def adopt(file: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        with monkeypatch.context() as there:
            for name, value in environment.items():
                there.setenv(name, value)
                there.setitem(platform.environment, name, value)
            wanted = ("process", "adopt", str(file), "--city", slug, "--json")
            return platform.command(*wanted, *options, check=False)

    out = tmp_path / "practice.json"
    giver = exchange.giver.city.tenant.slug
    packed = platform.command(
        "process", "pack", "--city", giver, "--process", "permit", "--out", str(out), "--unmeasured"
    )
    assert packed.stdout.startswith(f"{giver}/permit 1 ")
    key = platform.command("process", "key").stdout.strip()
    package = json.loads(out.read_text("utf-8"))
    assert package["signature"]["public_key"] == key

    out.write_bytes(canonical(signed(package)))
    refused = adopt(out)
    assert refused.returncode == 1 and ANOTHERS in refused.stderr
    bindings = tmp_path / "bindings.json"
    bindings.write_text(
        json.dumps({"role:core.executor": "core.executor", "unit:permits": "permits", "calendar:office": "office"}),
        encoding="utf-8",
    )
    begun = adopt(out, LEANCITY_TRUSTED_INSTALLATIONS=ANOTHERS)
    assert begun.returncode == 0, begun.stderr
    assert sorted(json.loads(begun.stdout)["open"]) == ["calendar:office", "role:core.executor", "unit:permits"]
    done = adopt(out, "--bindings", str(bindings), LEANCITY_TRUSTED_INSTALLATIONS=ANOTHERS)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["state"], facts["open"]) == ("adopted", [])
    found = await exchange.taker.ask(f'{{ process(id: "{facts["processId"]}") {{ key versions {{ stage }} }} }}')
    assert found == {"key": "permit", "versions": [{"stage": "DRAFT"}]}
    listed = platform.command("process", "catalogue", "--city", slug, "--search", giver, "--json")
    assert listed.stdout == "", "what was packed was not offered"

    # Onto a process of the city: what differs has to be chosen, and the same command goes on.
    ours = await exchange.taker.process("ours")
    await exchange.taker.uploaded(ours["id"], permit(" и выдать"))
    onto = ("--accept-untrusted", "--bindings", str(bindings), "--onto", "ours")
    open_ = adopt(out, *onto)
    assert open_.returncode == 1 and "drawing/sign" in open_.stderr
    choices = tmp_path / "choices.json"
    choices.write_text('{"drawing": "theirs", "forms": "theirs", "decisions": "theirs"}', encoding="utf-8")
    landed = adopt(out, *onto, "--choices", str(choices))
    assert landed.returncode == 0, landed.stderr
    assert json.loads(landed.stdout)["processId"] == ours["id"]
    assert adopt(out, *onto[:3], "--onto", "nowhere").returncode == 1
    bindings.write_text("[", encoding="utf-8")
    assert adopt(out, "--bindings", str(bindings), "--accept-untrusted").returncode == 1
