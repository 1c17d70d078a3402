"""A person who is forgotten leaves the facts of processes, those that run and those that are over."""

from __future__ import annotations

from leancity.core.identity.erased_parts import KERNEL_PARTS
from leancity.core.plugins.contributions import ErasedPerson
from tests.core.processes.running.conftest import Works


async def test_what_equals_their_contacts_is_emptied_wherever_it_lies(works: Works) -> None:
    await works.publish("approval")
    instance = await works.begin(
        "approval",
        {
            "mail": "Anna@Example.org",
            "people": [{"phone": "+7 (914) 123-45-67", "id": str(works.clerk.id)}],
            "note": "the mail anna@example.org is in a text",
            "number": "9141234567",
            "other": "+7 (914) 123-45-68",
        },
    )
    person = ErasedPerson(person_id=works.clerk.id, email="anna@example.org", phone="79141234567")
    async with works.city.serving():
        assert (await KERNEL_PARTS["core.processes"](person)).erased == 1
        assert (await KERNEL_PARTS["core.processes"](person)).erased == 0, "a second time finds nothing"
    assert await works.facts(instance) == {
        "mail": "",
        "people": [{"phone": "", "id": ""}],
        "note": "the mail … is in a text",
        "number": "",
        "other": "+7 (914) 123-45-68",
    }
    await works.finish(await works.item(instance))  # the engine's own state was emptied too, and still loads
    assert (await works.facts(instance))["mail"] == ""


async def test_it_asks_for_nobody_it_does_not_know(works: Works) -> None:
    await works.publish("approval")
    instance = await works.begin("approval", {"mail": "", "phone": "123", "list": []})
    before = await works.facts(instance)
    async with works.city.serving():
        person = ErasedPerson(person_id=None, email="", phone="")
        assert (await KERNEL_PARTS["core.processes"](person)).erased == 0
    assert await works.facts(instance) == before
