from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T01:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "an index by which the relay counts what is out, however much waits"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="core_tenancy", description=DESCRIPTION)

    class Here(Table):  # a product's own table would keep the migration's engine for ever
        pass

    async def indexes():
        await Here.raw("create index due_leased_idx on due (lease_until) where lease_until is not null")

    manager.add_raw(indexes)
    return manager
