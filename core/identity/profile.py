"""What people change of their own account: the language to be answered in, and how to be reached."""

from __future__ import annotations

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, one_text
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import LOCALES
from leancity.core.identity.masking import is_masked
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import UserAccount


async def change_profile(*, locale: str | None = None, phone: str | None = None) -> None:
    """Change one's own account; None leaves a field as it is, "" takes it away (the city's language counts then)."""
    user_id = current_principal().require_session()
    values = {}
    if locale is not None:
        if locale not in ("", *LOCALES):
            raise refuse("locale_unknown", "locale", locales=", ".join(LOCALES))
        values[UserAccount.locale] = locale
    if phone is not None:
        values[UserAccount.phone] = one_text("phone", phone, limit=SHORT)
        if is_masked(phone):
            raise refuse("masked_value", "phone")
    if not values:
        return
    async with tenant_tx(write=True):
        await UserAccount.update(values).where(UserAccount.id == user_id)
        fields = sorted(column._meta.name for column in values)
        await record("core.profile.changed", "user_account", user_id, fields=fields)
