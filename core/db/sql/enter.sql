-- Enters a city for the rest of the transaction. It executes the SET LOCAL *statement*: set_config() does not reach the
-- workers of a cluster (see docs/decisions/). Refuses what is no city; an unknown id sees no rows.
create or replace function leancity_enter(tenant int) returns void language plpgsql volatile as $$
begin
    if tenant is null then
        raise exception 'no city given' using errcode = 'invalid_parameter_value';
    end if;
    execute format('set local app.tenant = %L', tenant);
end
$$;
