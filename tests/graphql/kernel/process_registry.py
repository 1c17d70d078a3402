"""What the walls are asked about the registry: a function with an operation, a power, a position, a duty, a system."""

from __future__ import annotations

import uuid

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.registry.functions import FunctionCard, create_function
from leancity.core.processes.registry.operations import OperationCard, replace_operations
from leancity.core.processes.registry.powers import (
    DutyCard,
    PositionCard,
    PowerCard,
    SystemCard,
    save_duty,
    save_position,
    save_power,
    save_system,
)
from leancity.core.processes.registry.tables import FunctionOperation
from tests.graphql.kernel.conftest import Office
from tests.security.process_registered import a_registry_read

_NEW = 'key: "x", title: "x"'
# Another city's in the hands of ours.
REGISTRY_MIXED: list[tuple[str, str]] = [
    ('city_function(id: "FUNCTION") { key }', "null"),
    ('city_functions(filter: {unitId: "UNIT"}) { totalCount }', "nothing"),
    ('function_passport(functionId: "FUNCTION") { labourHours }', "null"),
    (f'function_create(input: {{{_NEW}, unitId: "UNIT"}}) ERRORS', "not_found"),
    (f'function_change(id: "FUNCTION", input: {{{_NEW}}}) ERRORS', "not_found"),
    ('function_stage_move(id: "FUNCTION", stage: DESCRIBED) ERRORS', "not_found"),
    ('function_operations_set(id: "FUNCTION", operations: []) ERRORS', "not_found"),
    ('function_operation_add(id: "FUNCTION", operation: {title: "x"}) ERRORS', "not_found"),
    ('function_operation_change(operationId: "OPERATION", operation: {title: "x"}) ERRORS', "not_found"),
    ('function_operation_remove(operationId: "OPERATION") ERRORS', "not_found"),
    ('function_system_set(id: "FUNCTION", systemId: "SYSTEM") ERRORS', "not_found"),
    ('function_system_set(id: "OUR_FUNCTION", systemId: "SYSTEM") ERRORS', "not_found"),
    (f'position_save(input: {{{_NEW}, unitId: "UNIT"}}) ERRORS', "not_found"),
    ('positions(unitId: "UNIT") { totalCount }', "nothing"),
    (f'duty_save(input: {{{_NEW}, positionId: "POSITION"}}) ERRORS', "not_found"),
    ('duty_remove(id: "DUTY") ERRORS', "not_found"),
    ('position_duties(filter: {positionId: "POSITION"}) { totalCount }', "nothing"),
    (f'it_system_save(input: {{{_NEW}, unitId: "UNIT"}}) ERRORS', "not_found"),
    ('registry_import(fileId: "FILE", claim: "CLAIM") ERRORS', "not_found"),
    ('registry_import_run(id: "REGISTRY_IMPORT") { total }', "NOT_FOUND"),
]
REGISTRY_OWN = [
    "function_tree { title }",
    "function_plan { stage }",
    "function_ranking(subject: POWERS) { totalCount }",
    "powers { totalCount }",
    "duty_matrix { duties }",
    "it_systems { totalCount }",
    f"power_save(input: {{{_NEW}}}) ERRORS",
]


async def furnished_registry(office: Office) -> dict[str, str]:
    """Return the ids of one of everything of a registry."""
    roads = uuid.UUID(office.roads)
    async with office.city.serving():
        power = await save_power(PowerCard(key="power", title="x"))
        position = await save_position(PositionCard(key="position", title="x", unit_id=roads))
        duty = await save_duty(DutyCard(key="duty", title="x", position_id=position.id, power_id=power.id))
        system = await save_system(SystemCard(key="system", title="x"))
        function = await create_function(FunctionCard(key="function", title="x", unit_id=roads))
        await replace_operations(function.id, [OperationCard(title="x")])
        async with tenant_tx():
            operation = await FunctionOperation.objects().where(FunctionOperation.function_id == function.id).first()
        read = await a_registry_read()
    assert operation is not None
    return {
        "REGISTRY_IMPORT": str(read),
        "FUNCTION": str(function.id),
        "OPERATION": str(operation.id),
        "POSITION": str(position.id),
        "DUTY": str(duty.id),
        "SYSTEM": str(system.id),
    }
