from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T07:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "what everybody has read of a report so far stays what everybody reads"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="modules_city_problems", description=DESCRIPTION)

    class Here(Table):  # a product's own table would keep the migration's engine for ever
        pass

    async def publish():
        await Here.raw("set role none")  # the owner sees no rows under FORCE
        await Here.raw(
            "update city_problems_report r set public_text = c.text, public_address = r.address from case_record c"
            " where c.tenant_id = r.tenant_id and c.id = r.case_id and r.public_text = '' and r.public_address = ''"
        )
        await Here.raw("set role leancity_owner")

    manager.add_raw(publish)
    return manager
