"""A report laid out: a list of blocks with finished texts, which the template (``report.typ``) only has to set.

A block is ``{"kind": …}``: ``heading`` (``level``, ``text``), ``note`` (``text``), ``facts`` (``rows`` of name and
value), ``table`` (``columns`` of ``title`` and ``is_number``, ``rows``), ``bars`` (``rows`` of name, share 0 to 1 of
the longest, value).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from leancity.core.processes.figures.comparison import Verdict
from leancity.core.processes.reports.words import NOTHING, Words

Block = dict[str, Any]
LOST = 8
"""Steps shown as where time is lost."""
IMPROVEMENTS = 10
"""Candidates that are shown, the best of the owner's."""
WAYS = 3
"""The commonest ways that cases went."""
UNSURE = (Verdict.TOO_FEW, Verdict.TOO_EARLY)
"""Of what is not to be judged no difference is printed: it would be."""
LATE = 30
"""Lines of overdue cases that are shown; the workbook has all."""


def words_of(content: dict[str, Any]) -> Words:
    """Return the words of a report's language, zone and working day."""
    return Words(locale=content["locale"], zone=ZoneInfo(content["zone"]), day_s=content["working_day_s"])


def document(content: dict[str, Any], *, owner: str, city: str, colour: str) -> dict[str, Any]:
    """Return what the template sets; ``owner`` and ``city`` are names, ``colour`` the city's (#rrggbb)."""
    words = words_of(content)
    title = words.say("title")
    days = words.say("period", since=words.day(content["since"]), until=words.day(content["until"]))
    return {
        "lang": content["locale"],
        "city": city,
        "colour": colour,
        "title": title,
        "owner": words.say("owner", name=owner),
        "days": days,
        "made": words.say("made", at=words.moment(content["made_at"])),
        "page": words.say("page"),
        "blocks": [
            *_summary(content, words),
            *_overdue(content, words),
            *_improvements(content, words),
            *_processes(content, words),
        ],
    }


def _summary(content: dict[str, Any], words: Words) -> Iterator[Block]:
    totals = content["totals"]
    yield _heading(1, words.say("summary"))
    if not content["processes"]:
        yield _note(words.say("no_processes"))
        return
    yield _table(
        [(words.say("process"), False), (words.say("closed"), True), (words.say("median"), True),
         (words.say("p85"), True), (words.say("on_time"), True), (words.say("open"), True),
         (words.say("overdue"), True)],
        [
            [each["title"], str(each["figures"]["closed"]), words.time(each["figures"]["lead"]["median"]),
             words.time(each["figures"]["lead"]["p85"]), words.share(each["figures"]["on_time_rate"]),
             str(each["figures"]["open"]), str(each["figures"]["overdue"])]
            for each in content["processes"]
        ],
    )  # fmt: skip
    yield {
        "kind": "facts",
        "rows": [
            [words.say("opened"), str(totals["opened"])],
            [words.say("closed"), str(totals["closed"])],
            [words.say("labour"), words.time(totals["labour_s"])],
            [words.say("cost"), _cost(totals["cost"], totals["unpriced_s"], words)],
        ],
    }


def _processes(content: dict[str, Any], words: Words) -> Iterator[Block]:
    for each in content["processes"]:
        yield _heading(1, each["title"], starts_page=True)
        yield from _facts_of(each, words)
        yield from _norms(each, words)
        yield from _times(each, words)
        yield from _figures(each, words)
        yield from _lost(each, words)
        yield from _ways(each, words)
        yield from _left(each, words)
        yield from _changed(each, content, words)


def _facts_of(each: dict[str, Any], words: Words) -> Iterator[Block]:
    version = each["version"]
    function = each["function"]
    yield {
        "kind": "facts",
        "rows": [
            [words.say("version"), NOTHING if version is None else words.say(
                "version_since", no=version["no"], day=words.day(version["published_at"]))],
            [words.say("function"), NOTHING if function is None else f"{function['key']} {function['title']}"],
        ],
    }  # fmt: skip
    if each["mark"] != "production":
        yield _note(words.say("imported"))
    if each["figures"]["is_few"]:
        yield _note(words.say("few", n=each["figures"]["closed"]))


def _norms(each: dict[str, Any], words: Words) -> Iterator[Block]:
    yield _heading(2, words.say("norms"))
    rows = []
    for row in each["norms"]:
        values = [row["norm"], row["before"], row["target"], row["measured"]]
        name = words.say(f"measure_{row['measure']}")
        if row["unit"] == "time":
            unit = words.unit_for(*values)
            told = [words.time(value, unit) for value in values]
            name = f"{name}, {words.named(unit)}"
        else:
            told = [words.share(value) for value in values]
        rows.append([name, *told, f"{row['before_n']} / {row['measured_n']}"])
    headers = ("measure", "norm", "before", "target", "measured", "cases_both")
    yield _table([(words.say(name), name != "measure") for name in headers], rows)


def _times(each: dict[str, Any], words: Words) -> Iterator[Block]:
    yield _heading(2, words.say("times"))
    figures, rows = each["figures"], []
    parts = ("lead", "lead_calendar", "processing", "waiting", "queue", "claimed", "suspended", "external")
    unit = words.unit_for(*(figures[name]["p95"] for name in parts if name != "lead_calendar"))
    for name in parts:
        spread = figures[name]
        say = words.wall if name == "lead_calendar" else partial(words.time, unit=unit)
        rows.append(
            [
                words.say(f"part_{name}"),
                *(say(spread[of]) for of in ("median", "p85", "p95")),
                str(spread["n"]) + (words.say("few_mark") if spread["is_few"] else ""),
                words.share((each["shares"] or {}).get(name)),
            ]
        )
    headers = ("part", "median", "p85", "p95", "cases", "share")
    titles = [words.say(name) for name in headers]
    titles[0] = f"{titles[0]}, {words.named(unit)}"
    yield _table([(title, place > 0) for place, title in enumerate(titles)], rows)


def _figures(each: dict[str, Any], words: Words) -> Iterator[Block]:
    figures, oldest = each["figures"], each["oldest_open"]
    standing = words.say("open_overdue", open=figures["open"], overdue=figures["overdue"])
    rows = [
        ["opened_closed", f"{figures['opened']} / {figures['closed']}"],
        ["wip", standing],
        ["oldest", NOTHING if oldest is None else words.say(
            "oldest_since", day=words.day(oldest["opened_at"]), age=words.time(oldest["age_s"]))],
        ["throughput", words.number(figures["throughput_per_day"], 2)],
        ["on_time", words.share(figures["on_time_rate"])],
        ["first_pass", words.share(figures["first_pass_yield"])],
        ["errors", words.share(figures["error_rate"])],
        ["labour", words.time(figures["labour_s"])],
        ["cost", words.money(each["cost"])],
        ["efficiency", words.share(figures["efficiency"])],
        ["cycle_efficiency", words.share(figures["cycle_efficiency"])],
    ]  # fmt: skip
    yield _heading(2, words.say("figures"))
    yield {"kind": "facts", "rows": [[words.say(f"figure_{name}"), value] for name, value in rows]}
    if each["passport"] and each["passport"]["differing"]:
        named = words.listed(words.say(f"passport_{name}") for name in each["passport"]["differing"])
        yield _note(words.say("differing", names=named))


def _lost(each: dict[str, Any], words: Words) -> Iterator[Block]:
    steps = [step for step in each["steps"] if step["all_waiting"] > 0][:LOST]
    if not steps:
        return
    longest = steps[0]["all_waiting"]
    yield _heading(2, words.say("lost"))
    yield {
        "kind": "bars",
        "rows": [
            [step["title"], step["all_waiting"] / longest,
             f"{words.time(step['all_waiting'])} · {words.share(step['waiting_share'])}"]
            for step in steps
        ],
    }  # fmt: skip


def _ways(each: dict[str, Any], words: Words) -> Iterator[Block]:
    found = each["variants"]
    if not found["commonest"]:
        return
    yield _heading(2, words.say("ways", total=found["total"]))
    yield _table(
        [
            (words.say("way"), False),
            (words.say("cases"), True),
            (words.say("share"), True),
            (words.say("median"), True),
        ],
        [
            [" → ".join(row["nodes"]), str(row["cases"]), words.share(row["share"]), words.time(row["median"])]
            for row in found["commonest"][:WAYS]
        ],
    )


def _left(each: dict[str, Any], words: Words) -> Iterator[Block]:
    left = each["conformance"]
    if left is None or not left["checked"]:
        return
    yield _heading(2, words.say("left"))
    yield _note(words.say("left_of", deviating=left["deviating"], checked=left["checked"]))
    if left["leavings"]:
        yield _table(
            [(words.say("left_after"), False), (words.say("left_step"), False), (words.say("cases"), True)],
            [
                [row["after"] or words.say("left_begin"), row["step"] or words.say("left_end"), str(row["cases"])]
                for row in left["leavings"]
            ],
        )


def _changed(each: dict[str, Any], content: dict[str, Any], words: Words) -> Iterator[Block]:
    change, before = each["change"], content["before"]
    yield _heading(2, words.say("changed"))
    days = words.say("period", since=words.day(before["since"]), until=words.day(before["until"]))
    yield _note(f"{days}: {_verdict(change, words)}")
    if len(each["versions"]) > 1:
        yield _table(
            [(words.say("version"), False), (words.say("cases"), True), (words.say("median"), True),
             (words.say("first_pass"), True), (words.say("on_time"), True)],
            [
                [NOTHING if row["no"] is None else str(row["no"]), str(row["closed"]),
                 words.time(row["lead"]["median"]), words.share(row["first_pass_yield"]),
                 words.share(row["on_time_rate"])]
                for row in each["versions"]
            ],
        )  # fmt: skip
    if each["version_change"] is not None:
        found = each["version_change"]
        yield _note(words.say("version_change", no=found["no"]) + " " + _verdict(found, words))


def _verdict(change: dict[str, Any], words: Words) -> str:
    """Return what may be said of a difference, with how many cases it is over."""
    over = words.say("change_cases", before=change["n_before"], now=change["n"])
    said = words.say(f"verdict_{change['verdict']}")
    if change["difference"] is None or change["verdict"] in UNSURE:
        return f"{said} ({over})"
    sign = "+" if change["difference"] > 0 else ""
    return f"{said}: {sign}{words.time(change['difference'])} ({over})"


def _overdue(content: dict[str, Any], words: Words) -> Iterator[Block]:
    yield _heading(1, words.say("overdue_now"))
    if not content["overdue"]:
        yield _note(words.say("overdue_none"))
        return
    headers = [(words.say("unit"), False), (words.say("process"), False), (words.say("cases"), True),
               (words.say("due_since"), True)]  # fmt: skip
    yield _table(
        headers,
        [
            [row["unit"] or words.say("no_unit"), row["process"], str(row["cases"]), words.day(row["due_since"])]
            for row in content["overdue"][:LATE]
        ],
    )
    if len(content["overdue"]) > LATE:
        yield _note(words.say("more", n=len(content["overdue"]) - LATE))


def _improvements(content: dict[str, Any], words: Words) -> Iterator[Block]:
    rows = [row for row in content["improvements"] if row["score"] is not None][:IMPROVEMENTS]
    yield _heading(1, words.say("improvements"))
    if not rows:
        yield _note(words.say("improvements_none"))
        return
    headers = ("rank", "subject", "lost_a_year", "cost_a_year", "waiting_share")
    yield _table(
        [(words.say(name), name != "subject") for name in headers],
        [
            [str(row["rank"]), row["title"], words.money(row["score"]), words.money(row["cost_a_year"]),
             words.share(row["waiting_share"])]
            for row in rows
        ],
    )  # fmt: skip
    yield _note(words.say("improvements_how"))


def _cost(amount: float, unpriced_s: float, words: Words) -> str:
    told = words.money(amount)
    return f"{told} ({words.say('unpriced', time=words.time(unpriced_s))})" if unpriced_s else told


def _heading(level: int, text: str, *, starts_page: bool = False) -> Block:
    return {"kind": "heading", "level": level, "text": text, "starts_page": starts_page}


def _note(text: str) -> Block:
    return {"kind": "note", "text": text}


def _table(columns: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]]) -> Block:
    return {"kind": "table", "columns": [{"title": title, "is_number": is_} for title, is_ in columns], "rows": rows}
