"""The registry of the matrix's world: a function with all that hangs on it."""

from __future__ import annotations

import uuid

from leancity.core.db.unit import tenant_tx
from leancity.core.files.incoming import receiving
from leancity.core.files.kinds import KNOWN
from leancity.core.files.senders import Sender
from leancity.core.files.service import keep
from leancity.core.moment import now
from leancity.core.processes.figures.tables import CaseFact
from leancity.core.processes.registry.functions import FunctionCard, create_function
from leancity.core.processes.registry.importing.runs import begin_import, import_file
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
from leancity.core.processes.registry.systems import set_function_system
from leancity.core.processes.versions.tables import Process
from leancity.core.testing.city import City
from tests.security.actors import within_city


async def make_registry(city: City, roads: uuid.UUID) -> dict[str, str]:
    """Make one of everything and return the ids."""
    async with within_city(city):
        power = await save_power(PowerCard(key="power", title="Power"))
        await save_power(PowerCard(key="idle", title="Idle"))
        position = await save_position(PositionCard(key="position", title="Position", unit_id=roads))
        other = await save_position(PositionCard(key="other", title="Other", unit_id=roads))
        for key, of in (("duty", position), ("twin", other)):
            await save_duty(DutyCard(key=key, title="Keeps roads", position_id=of.id, power_id=power.id))
        await save_duty(DutyCard(key="bare", title="Serves nothing", position_id=position.id))
        system = await save_system(SystemCard(key="system", title="System"))
        function = await new_function("function", roads, position.id)
        await set_function_system(function, system.id)
        await _measure(function)
        read = await a_registry_read()
    ids = {"function": function, "system": system.id, "position": position.id, "registry_import": read}
    return {word: str(each) for word, each in ids.items()}


async def a_registry_read() -> uuid.UUID:
    """Let a file be read as the platform does, and return the run; its one line would be created."""
    async with receiving(KNOWN.largest) as file:
        await file.write(f"key;title\n{uuid.uuid4().hex};Read\n".encode())
        kept = await keep(file, "powers.csv", Sender(user_id=None, is_known=True, counted_as=""))
    run = await begin_import(kept.id, kept.claim, kind="powers", is_preview=True)
    await import_file({"run_id": str(run.id)})
    return run.id


async def _measure(function: uuid.UUID) -> None:
    """Let a case of a process of the function be closed."""
    moment = now()
    async with tenant_tx(write=True):
        process = Process(key="measured-function", title="Process", function_id=function, created_at=moment)
        await process.save()
        fact = CaseFact(process_id=process.id, opened_at=moment, opened_w=0)
        fact.closed_at, fact.closed_w = moment, 3600
        await fact.save()


async def new_function(key: str, roads: uuid.UUID, position: uuid.UUID | None = None) -> uuid.UUID:
    """Enter a function with an operation."""
    row = await create_function(
        FunctionCard(key=key, title="Function", unit_id=roads, lead_days=1, launches=1, fit_strategy=3)
    )
    await replace_operations(row.id, [OperationCard(title="Step", minutes=60, position_id=position)])
    return row.id
