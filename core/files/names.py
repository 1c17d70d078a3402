"""Names of files as people gave them: every script is kept, everything that could mislead a person or a disk goes."""

from __future__ import annotations

import re
import unicodedata

from leancity.core.files.kinds import Kind

LONGEST = 200  # characters, with the extension
NAMELESS = "file"

_JOINERS = "\u200c\u200d"  # Persian words and families of emoji are spelled with them
# Tags, of which flags of regions are made, stay; bidi overrides, marks and isolates go with all other invisible ones.
_TAGS = re.compile("[\U000e0020-\U000e007f]")
_FORBIDDEN = re.compile(r'[<>:"|?*]')  # on Windows, where the file may be saved
_FOREIGN_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,7}\Z")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?\Z", re.IGNORECASE | re.DOTALL)


def clean_name(name: str, kind: Kind) -> str:
    """Return the last part of ``name``, made harmless, with an extension that fits what the file really is."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(each for each in unicodedata.normalize("NFC", last) if _is_kept(each))
    plain = _trimmed(_FORBIDDEN.sub("_", " ".join(visible.split())))
    stem, extension = _split(plain, kind)
    stem = _cut(_trimmed(stem), LONGEST - len(extension)) or NAMELESS
    if _RESERVED.match(stem):
        stem = _cut(f"_{stem}", LONGEST - len(extension))
    return stem + extension


def _split(name: str, kind: Kind) -> tuple[str, str]:
    """Part a name and its extension: its own where that fits, else the kind's in place of one of another kind."""
    bare = _FOREIGN_EXTENSION.sub("", name)
    for each in (name, bare):  # photo.jpg, and photo.jpg.exe
        for extension in kind.extensions:
            if each.lower().endswith(extension):
                return each[: -len(extension)], each[-len(extension) :]
    return bare, kind.extensions[0]


def _is_kept(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cf":
        return character in _JOINERS or _TAGS.match(character) is not None
    # Controls, halves of pairs, separators of lines (but spaces are made one); ends of planes, which are no characters.
    if category in {"Cc", "Cs", "Zl", "Zp"}:
        return character in "\t\n\r"
    return not (ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF)


def _trimmed(text: str) -> str:
    """Take away what Windows takes away at the end, and what hides a file at the beginning."""
    return text.strip(". ")


def _cut(text: str, longest: int) -> str:
    """Shorten without leaving half a letter: accents, variants and joined emoji go with what they belong to."""
    if len(text) <= longest:
        return text
    end = longest
    while end > 0 and (_continues(text[end]) or text[end - 1] in _JOINERS):
        end -= 1
    return _trimmed(text[:end] if end else text[:longest])


def _continues(character: str) -> bool:
    return (
        unicodedata.category(character).startswith("M")
        or character in _JOINERS
        or _TAGS.match(character) is not None
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # colours of skin
    )
