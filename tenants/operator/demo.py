"""The operator's place of the demo, with plans and an account that is invented."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.service import add_missing_roles, create_user
from leancity.core.identity.tables import UserAccount
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.cards import find_card
from leancity.core.tenancy.context import Tenant
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.limits import Limits
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.tenants.demo import DEMO_PASSWORD
from leancity.tenants.operator.acts import outside
from leancity.tenants.operator.place import ROLES, SLUG, NewPlace, make_place
from leancity.tenants.operator.plans import plans, save_plan, set_plan

LOGIN = "operator"
_GIGABYTE = 1024**3
PLACE = NewPlace(
    host="operator.localhost",
    admin=LOGIN,
    password=DEMO_PASSWORD,
    title="Оператор платформы",
    locale="ru",
    zone="Europe/Moscow",
)
PLANS = (
    ("start", {"ru": "Начальный", "en": "Start"}, Limits(people=50, storage=5 * _GIGABYTE, modules=3)),
    ("city", {"ru": "Город", "en": "City"}, Limits(people=1000, storage=500 * _GIGABYTE)),
)


async def make_demo_operator(modules: Modules, cities: Iterable[Tenant] = ()) -> Tenant:
    """Make the operator's place of the demo, or give the one that is there what it lacks; twice changes nothing.

    ``cities`` that are on no plan are put on one.
    """
    tenant = await tenant_by_slug(SLUG) or await make_place(modules, PLACE)
    await in_city(tenant, partial(_complete, modules, [city.slug for city in cities]))
    return tenant


async def _complete(modules: Modules, cities: list[str]) -> None:
    await add_missing_roles(modules)  # of a newer installation than the one that made the place
    async with tenant_tx():
        is_known = await UserAccount.exists().where(UserAccount.login == LOGIN)
    if not is_known:  # the place was made by command, for somebody else
        await create_user(LOGIN, LOGIN, DEMO_PASSWORD, ROLES)
    present = {plan.key for plan in await plans()}
    for key, title, limits in PLANS:
        if key not in present:
            await save_plan(key, title, limits)
    for slug in cities:
        if not (await outside(partial(find_card, slug))).plan:
            await set_plan(slug, PLANS[-1][0])
