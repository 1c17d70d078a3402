"""The profiles of this installation: a folder each, or a file that an operator names."""

from __future__ import annotations

from pathlib import Path

import msgspec

from leancity.core.errors import refuse
from leancity.tenants.profiles.model import Profile

_HERE = Path(__file__).parent
_FILE = "profile.json"


def profile_names() -> list[str]:
    """Return the names of the profiles that come with the platform."""
    return sorted(path.parent.name for path in _HERE.glob(f"*/{_FILE}"))


def read_profile(name: str) -> Profile:
    """Return a profile by its name, or from the file at a path that ends in ``.json``; refuse what is none."""
    path = Path(name) if name.endswith(".json") else _HERE / name / _FILE
    if not name.endswith(".json") and name not in profile_names():
        raise refuse("profile_unknown", "profile", profile=name, known=", ".join(profile_names()))
    try:
        profile = msgspec.json.decode(path.read_bytes(), type=Profile)
    except OSError as error:
        raise refuse("profile_unreadable", "profile", reason=error.strerror or str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise refuse("profile_unreadable", "profile", reason=str(error)) from error
    known: set[str] = set()
    for unit in profile.units:
        if unit.key in known or unit.parent not in ("", *known):
            raise refuse("profile_unit_misplaced", "profile", unit=unit.key)
        known.add(unit.key)
    return profile
