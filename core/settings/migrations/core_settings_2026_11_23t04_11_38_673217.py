from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T04:11:38:673217"
VERSION = "1.38.0"
DESCRIPTION = "settings move to the rows of all that is customised: history and undo are theirs too then"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="core_settings", description=DESCRIPTION)

    class Here(Table):  # a product's own table would keep the migration's engine for ever
        pass

    async def move():
        await Here.raw("set role none")  # the owner sees no rows under FORCE
        await Here.raw(
            "insert into custom_item (id, tenant_id, collection, key, changed, handed_down)"
            " select id, tenant_id, module || '.settings', '', changed, handed_down from module_setting"
            " where changed <> {} or handed_down <> {}",
            "{}",
            "{}",
        )
        await Here.raw("set role leancity_owner")

    async def jobs():  # there is no such table yet in a database that is made anew
        if (await Here.raw("select to_regclass('job') is not null as there"))[0]["there"]:
            await Here.raw("set role none")
            await Here.raw(
                "update job set payload = jsonb_build_object('collection', (payload ->> 'module') || '.settings')"
                " where name = 'core.hand_down' and payload ? 'module'"
            )
            await Here.raw("set role leancity_owner")

    manager.add_raw(move)
    manager.add_raw(jobs)
    manager.drop_table(class_name="SettingRow", tablename="module_setting", schema=None)
    return manager
