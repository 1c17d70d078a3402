"""Personal data as those see it who may not read it: enough to tell two people apart, not to reach one.

A masked value can't be written back: every place that takes personal data refuses the mask's own character.
"""

from __future__ import annotations

MASK = "•"


def mask_name(name: str) -> str:
    """Return the initials: «Пётр Дорожный» becomes «П••• Д•••»."""
    return " ".join(f"{word[0]}{MASK * 3}" for word in name.split())


def mask_phone(phone: str) -> str:
    """Return a phone of which the last two digits are left; of fewer than six digits nothing is."""
    digits = [place for place, sign in enumerate(phone) if sign.isdigit()]
    shown = set(digits[-2:]) if len(digits) >= 6 else set()
    return "".join(MASK if sign.isdigit() and place not in shown else sign for place, sign in enumerate(phone))


def mask_email(email: str) -> str:
    """Return an address with its first letter and its domain's last part left: «i•••@•••.ru»."""
    name, at, domain = email.partition("@")
    if not at:
        return MASK * 3 if email else ""
    return f"{name[:1]}{MASK * 3}@{MASK * 3}.{domain.rpartition('.')[2]}"


def is_masked(value: str) -> bool:
    """Tell whether a value shows that somebody sends back what they were shown masked."""
    return MASK in value
