"""The servers one machine needs, PostgreSQL and Redis, and the supervisor that keeps programs running.

Knows nothing of database roles, tenants or tables: those are made over the connection that `LocalServers` hands out.
"""
