"""The database roles, made once per cluster by a superuser or by the DBA from the printed SQL.

=================  ======  =========  ===================================================================
role               login   bypasses   what for
=================  ======  =========  ===================================================================
leancity_owner     no      no         owns every object
leancity_migrate   yes     yes        migrations: DDL as the owner, data steps as itself
leancity_app       yes     no         web, workers, commands; owns nothing, sees one city at a time
leancity_search    no      yes        owns the search functions only, SELECT on the search tables only
=================  ======  =========  ===================================================================
"""

from __future__ import annotations

OWNER = "leancity_owner"
MIGRATE = "leancity_migrate"
APP = "leancity_app"
SEARCH = "leancity_search"

_ROLES = """\
do $$
declare
    wanted text;
begin
    foreach wanted in array array['leancity_owner', 'leancity_migrate', 'leancity_app', 'leancity_search'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I', wanted);
        end if;
    end loop;
end $$;
alter role leancity_owner nologin nosuperuser nobypassrls nocreatedb nocreaterole;
alter role leancity_migrate login nosuperuser bypassrls nocreatedb nocreaterole inherit;
alter role leancity_app login nosuperuser nobypassrls nocreatedb nocreaterole;
alter role leancity_search nologin nosuperuser bypassrls nocreatedb nocreaterole;
grant leancity_owner, leancity_search to leancity_migrate;
-- A shared plan is made for the city that prepared it.
alter role leancity_app set plan_cache_mode = force_custom_plan;
-- Disks without heads: otherwise a large city's counts walk the rows of all cities instead of its own index.
alter role leancity_app set random_page_cost = 1.1;
"""

_DATABASE = """\
grant create, usage on schema public to leancity_owner;
grant usage on schema public to leancity_app, leancity_search, leancity_migrate;
create schema if not exists leancity_search authorization leancity_search;
grant usage on schema leancity_search to leancity_app;
"""


def roles_sql(app_password: str, migrate_password: str) -> str:
    """Return the SQL that makes the roles and prepares the database it is run in; running it again changes nothing."""
    passwords = "".join(
        f"alter role {role} password {_literal(password)};\n"
        for role, password in ((APP, app_password), (MIGRATE, migrate_password))
    )
    return _ROLES + passwords + _DATABASE


def _literal(text: str) -> str:
    if "\\" in text or "\0" in text:
        raise ValueError("a password may hold neither backslash nor zero byte")
    return "'" + text.replace("'", "''") + "'"
