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
    """Return a profile that comes with the platform; refuse a name that is none."""
    if name not in profile_names():
        raise refuse("profile_unknown", "profile", profile=name, known=", ".join(profile_names()))
    return read_profile_file(_HERE / name / _FILE)


def read_profile_file(path: Path) -> Profile:
    """Return the profile of a file that an operator has on this machine; refuse what is none."""
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
