"""What the walls are asked about practices: what another city has taken, and offering in another's name."""

from __future__ import annotations

from leancity.core.processes.packages.adopting import adopt
from tests.graphql.kernel.conftest import Office
from tests.security.process_adopted import package

_LANDING = "input: {baseline: {source: NONE}}"

PRACTICE_MIXED: list[tuple[str, str]] = [
    ('process_adoption(id: "ADOPTION") { state }', "null"),
    ('process_adoption_bind(id: "ADOPTION", bindings: []) ERRORS', "not_found"),
    (f'process_adoption_land(id: "ADOPTION", {_LANDING}) ERRORS', "not_found"),
    ('process_adoption_withdraw(id: "ADOPTION") ERRORS', "not_found"),
    ('process_adoption_effect_tell(id: "ADOPTION") ERRORS', "not_found"),
    ('process_adoption_begin(fileId: "FILE", claim: "CLAIM") ERRORS', "not_found"),
    ('practice_publish(processId: "PAINTED", input: {isUnmeasured: true}) ERRORS', "not_found"),
    # What nobody offers is nobody's: that another city's can't be withdrawn is in tests/core/processes/packages.
    ('practice_withdraw(id: "ADOPTION") ERRORS', "not_found"),
    ('practice(id: "ADOPTION") { id }', "null"),
    ('practice_file(id: "ADOPTION") { name }', "NOT_FOUND"),
]
PRACTICE_OWN = ["practices(filter: {isMine: true}) { totalCount }", "process_adoptions { totalCount }"]


async def adopted_in(office: Office) -> dict[str, str]:
    """Return the id of a practice that a city has begun to take."""
    async with office.city.serving():
        return {"ADOPTION": str((await adopt(package("permit"))).id)}
