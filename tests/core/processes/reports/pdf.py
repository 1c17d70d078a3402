"""The text of a PDF, read back as a viewer finds it: glyphs of each page's fonts through their ToUnicode maps."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)\sendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PLAIN = rb"\\.|[^\\()]"
_STRING = rb"\(((?:%s|\((?:%s|\((?:%s)*\))*\))*)\)" % (_PLAIN, _PLAIN, _PLAIN)  # brackets in pairs stand as they are
_SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|" + _STRING, re.DOTALL)


def text_of(pdf: bytes) -> str:
    """Return the texts of a PDF, pages in their order, without spaces: how glyphs are set apart is the typesetter's."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    maps = {number: _map(_content(objects[number])) for number in _unicode_maps(objects)}
    fonts = {
        name.decode(): maps[int(to[1])]
        for body in objects.values()
        for name, font in re.findall(rb"/(f\d+) (\d+) 0 R", body)
        if (to := re.search(rb"/ToUnicode (\d+) 0 R", objects.get(int(font), b"")))
    }
    pages = (number for body in objects.values() for number in re.findall(rb"/Type/Page/.*?/Contents (\d+) 0 R", body))
    return "".join(_page(_content(objects[int(number)]), fonts) for number in pages)


def _unicode_maps(objects: dict[int, bytes]) -> set[int]:
    return {int(number) for body in objects.values() for number in re.findall(rb"/ToUnicode (\d+) 0 R", body)}


def _content(body: bytes) -> bytes:
    stream = _STREAM.search(body)
    if stream is None:
        return b""
    return zlib.decompress(stream[1]) if b"/FlateDecode" in body else stream[1]


def _map(cmap: bytes) -> dict[int, str]:
    found = {}
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", part):
            found[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", part):
            base = bytes.fromhex(text.decode()).decode("utf-16-be")
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + step] = base[:-1] + chr(ord(base[-1]) + step)
    return found


def _page(content: bytes, fonts: dict[str, dict[int, str]]) -> str:
    told, font = [], dict[int, str]()
    for name, shown in _SHOWN.findall(content):
        if name:
            font = fonts[name.decode()]
        glyphs = _unescaped(shown)
        told += [font.get(int.from_bytes(glyphs[at : at + 2]), "") for at in range(0, len(glyphs), 2)]
    return "".join(told).replace(" ", "").replace("\u00a0", "")


def _unescaped(literal: bytes) -> bytes:
    plain = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
    return re.sub(
        rb"\\([0-7]{1,3}|.)",
        lambda found: bytes([int(found[1], 8)]) if found[1][:1].isdigit() else plain.get(found[1], found[1]),
        literal,
        flags=re.DOTALL,
    )
