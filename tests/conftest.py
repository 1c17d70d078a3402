"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("leancity", deadline=None)  # tests measure no time: the machine may be busy
settings.load_profile("leancity")
