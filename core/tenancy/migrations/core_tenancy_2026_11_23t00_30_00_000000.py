from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T00:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes by which the relay finds a city's next row and the eldest of an order"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="core_tenancy", description=DESCRIPTION)

    class Here(Table):  # a product's own table would keep the migration's engine for ever
        pass

    async def indexes():
        await Here.raw("create index due_turns_idx on due (kind, queue, tenant_id, run_at, id)")
        await Here.raw("create index due_order_idx on due (tenant_id, order_key, id) where order_key is not null")

    manager.add_raw(indexes)
    return manager
