from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T16:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "what the done steps of a case took stands on its fact, of all that are closed so far too"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="core_processes", description=DESCRIPTION)

    class Here(Table):  # a product's own table would keep the migration's engine for ever
        pass

    async def fill():
        await Here.raw("set role none")  # the owner sees no rows under FORCE
        await Here.raw(
            "update process_case_fact f set queue_s = new.queue_s, claimed_s = new.claimed_s,"
            " suspended_s = new.suspended_s, external_s = new.external_s, touch_s = new.touch_s,"
            " is_classed = new.is_classed from ("
            "select c.tenant_id, c.id, sums.* from process_case_fact c cross join lateral ("
            "select coalesce(sum(queue) filter (where is_own), 0) as queue_s,"
            " coalesce(sum(claimed) filter (where is_own), 0) as claimed_s,"
            " coalesce(sum(suspended_s) filter (where is_own), 0) as suspended_s,"
            " coalesce(sum(external_s), 0) as external_s,"
            " case when bool_or(is_own and started_w is not null) then"
            " greatest(0, coalesce(sum(touched) filter (where is_touch), 0)"
            " - coalesce(sum(suspended_s) filter (where is_own), 0)) end as touch_s,"
            " coalesce(bool_or(value_class <> ''), false) as is_classed"
            " from (select *, greatest(0, done_w - greatest(started_w, max(done_w) filter (where is_touch) over ("
            "order by started_w rows between unbounded preceding and 1 preceding)))::float8 as touched"
            " from (select s.started_w, s.done_w, s.suspended_s, s.external_s, s.value_class,"
            " s.external_s = 0 as is_own,"
            " greatest(0, coalesce(s.claimed_w, s.started_w, s.available_w) - s.available_w)::float8 as queue,"
            " greatest(0, coalesce(s.started_w, s.claimed_w) - s.claimed_w)::float8 as claimed,"
            " s.external_s = 0 and s.started_w < s.done_w as is_touch"
            " from process_step_fact s"
            " where s.tenant_id = c.tenant_id and s.fact_id = c.id and s.state = 'done') done) beside"
            ") sums where c.closed_at is not null"
            ") new where f.tenant_id = new.tenant_id and f.id = new.id"
        )
        await Here.raw("set role leancity_owner")

    manager.add_raw(fill)
    return manager
