"""The one clock of the platform: working calendars, deadlines, pauses, escalation and measured times.

Everything here is arithmetic on plain values: no database, no zone of the machine, no present moment of its own.
Moments go in with a zone and come out in UTC; a city's zone is applied inside.
"""
