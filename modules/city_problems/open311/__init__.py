"""Open311 GeoReport v2: other systems read what is shown to everybody and file reports of their own.

https://wiki.open311.org/GeoReport_v2/ with the extensions in wide use (pages, ``extensions=true``, updates).
"""
