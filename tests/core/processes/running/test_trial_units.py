"""A trial takes the cases of its units and of all units below them."""

from __future__ import annotations

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.units import LegalForm, UnitCard, UnitKind, add_unit, create_unit
from leancity.core.processes.versions.tables import TrialUnit
from tests.core.processes.running.conftest import Works


async def test_units_below_a_trials_unit_belong_to_it(works: Works) -> None:
    await works.publish("approval")
    trial = await works.publish("approval", mark="trial")
    async with works.city.serving(), tenant_tx(write=True):
        above = await create_unit("administration", "Administration")
        roads = await create_unit("roads", "Roads", above)
        crew = await create_unit("crew", "Crew", roads)
        card = UnitCard(
            key="mku", title="Roads of the city", parent_id=crew, kind=UnitKind.LEGAL_ENTITY, legal_form=LegalForm.MKU
        )
        entity = (await add_unit(card)).id
        beside = await create_unit("parks", "Parks", above)
        await TrialUnit(version_id=trial.id, unit_id=roads).save()
    marks = {}
    for name, unit in (("above", above), ("roads", roads), ("crew", crew), ("entity", entity), ("beside", beside)):
        instance = await works.begin("approval", unitId=str(unit))
        marks[name] = (await works.instance(instance))["mark"]
    assert marks == {
        "above": "production", "roads": "trial", "crew": "trial", "entity": "trial", "beside": "production",
    }  # fmt: skip
