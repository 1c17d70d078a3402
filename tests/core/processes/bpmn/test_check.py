"""``leancity bpmn check``, as an operator or a module's author runs it."""

from __future__ import annotations

import json
from pathlib import Path

from leancity.core.testing.platform import Platform
from tests.core.processes.bpmn.drawings import END, START, drawing, flows, miwg, users


def test_reference_files_pass_the_whole_chain(platform: Platform) -> None:
    files = miwg()
    done = platform.command("bpmn", "check", *map(str, files), "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(each["file"]).name for each in told] == [path.name for path in files]
    for each in told:
        assert each["passed"] and each["read"] and each["obstacles"] == [], each["file"]
        for process in each["processes"]:
            steps = (process["normalised"], process["published"], process["ranToFirstWait"])
            assert steps == (True, True, True) and process["waits"], process
            assert all(found["text"] != found["code"] for found in process["assumed"] + process["warnings"])


def test_what_stands_in_the_way_is_told_with_its_element(platform: Platform, tmp_path: Path) -> None:
    good, bad, none = tmp_path / "good.bpmn", tmp_path / "bad.bpmn", tmp_path / "none.bpmn"
    good.write_bytes(drawing(START + users("t") + END + flows("s>t", "t>e")))
    script = '<scriptTask id="t" name="Скрипт"><script>import os</script></scriptTask>'
    bad.write_bytes(drawing(START + script + END + flows("s>t", "t>e")))
    none.write_bytes(b"<html/>")
    done = platform.command("bpmn", "check", str(good), str(bad), str(none), "--json", "--locale", "ru", check=False)
    first, second, third = (json.loads(line) for line in done.stdout.splitlines())
    assert (done.returncode, first["passed"], second["passed"], third["read"]) == (1, True, False, False)
    [process] = second["processes"]
    assert (process["normalised"], process["published"], process["ranToFirstWait"]) == (True, False, False)
    [obstacle] = process["obstacles"]
    assert (obstacle["code"], obstacle["element"]) == ("bpmn_script", "t") and "«Скрипт»" in obstacle["text"]
    assert third["obstacles"][0]["code"] == "bpmn_not_bpmn"
    spoken = platform.command("bpmn", "check", str(good))
    assert "run to the first wait" in spoken.stdout and "Шаг t" in spoken.stdout
