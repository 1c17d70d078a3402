"""For clients that speak plain HTTP to servers on loopback: ``httpx.get(address, verify=NO_TLS)``."""

from __future__ import annotations

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Knows no certificate. A client given nothing reads all of the machine's first, 50 ms of processor time each."""
