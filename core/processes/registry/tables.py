"""The registry: powers, positions and their duties, functions with their operations, and the systems they use."""

from __future__ import annotations

from piccolo.columns import BigInt, Boolean, Date, DoublePrecision, Integer, SmallInt, Text, Timestamptz

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.identity.tables import OrgUnit, UserAccount


class StaffPosition(TenantTable):
    """A position of the staff list. ``hourly_rate`` in minor units of money; ``seats`` how many people it is for."""

    key = Text()
    title = Text()
    unit_id = TenantRef(OrgUnit)
    seats = DoublePrecision(default=1.0)
    hourly_rate = BigInt(null=True, default=None)
    is_active = Boolean(default=True)

    unique_keys = (("key",),)
    index_keys = (("unit_id", "title", "id"),)


class Power(TenantTable):
    """A power of the municipality. ``kind`` is mandatory, optional or delegated; ``ground`` the act that gives it.

    ``fit_*`` are the method's four marks, 0 to 5: fit with the strategy, the smart-city standard, national projects and
    sociological surveys; null where nobody has judged yet.
    """

    key = Text()
    title = Text()
    kind = Text(default="mandatory")
    ground = Text(default="")
    fit_strategy = SmallInt(null=True, default=None)
    fit_smart_city = SmallInt(null=True, default=None)
    fit_national = SmallInt(null=True, default=None)
    fit_surveys = SmallInt(null=True, default=None)

    unique_keys = (("key",),)


class PositionDuty(TenantTable):
    """A duty of a position, and the power it serves: None shows in the matrix as a duty without power."""

    key = Text()
    title = Text()
    position_id = TenantRef(StaffPosition, on_delete="cascade")
    power_id = TenantRef(Power, null=True, on_delete="set null")

    unique_keys = (("key",),)


class CityFunction(TenantTable):
    """A function of the municipality and its passport as entered.

    ``stage``: inventoried, described, planned, in_work, trial, live. ``lead_days`` in days of ``day_hours``;
    ``launches`` a month; ``error_share`` 0 to 1; ``hourly_rate`` in minor units, null takes the positions'.
    ``fit_*`` as a power's.
    """

    key = Text()
    title = Text()
    description = Text(default="")
    unit_id = TenantRef(OrgUnit, null=True)
    position_id = TenantRef(StaffPosition, null=True, on_delete="set null")
    owner_id = TenantRef(UserAccount, null=True, on_delete="set null")
    power_id = TenantRef(Power, null=True, on_delete="set null")
    stage = Text(default="inventoried")
    planned_for = Date(null=True, default=None)
    review_on = Date(null=True, default=None)
    lead_days = DoublePrecision(null=True, default=None)
    day_hours = DoublePrecision(default=8.0)
    launches = DoublePrecision(null=True, default=None)
    error_share = DoublePrecision(null=True, default=None)
    hourly_rate = BigInt(null=True, default=None)
    fit_strategy = SmallInt(null=True, default=None)
    fit_smart_city = SmallInt(null=True, default=None)
    fit_national = SmallInt(null=True, default=None)
    fit_surveys = SmallInt(null=True, default=None)
    created_at = Timestamptz()
    changed_at = Timestamptz()
    version = Integer(default=1)

    unique_keys = (("key",),)
    index_keys = (
        ("created_at", "id"),
        ("stage", "created_at", "id"),
        ("unit_id", "created_at", "id"),
        ("owner_id", "created_at", "id"),
        ("review_on", "id"),
    )


class FunctionOperation(TenantTable):
    """An operation of a function, in its ``place``: minutes of processing, waiting and movement of one launch.

    ``value_class`` is va, bnva (required by law) or nva; ``node_id`` its node in the function's drawing.
    """

    function_id = TenantRef(CityFunction, on_delete="cascade")
    place = Integer()
    title = Text()
    minutes = DoublePrecision(default=0.0)
    waiting_minutes = DoublePrecision(null=True, default=None)
    movement_minutes = DoublePrecision(null=True, default=None)
    value_class = Text(default="")
    position_id = TenantRef(StaffPosition, null=True, on_delete="set null")
    node_id = Text(default="")

    unique_keys = (("function_id", "place"),)


class ItSystem(TenantTable):
    """An IT system of the municipality. ``interface`` is none, unknown, rest, soap, files or database."""

    key = Text()
    title = Text()
    unit_id = TenantRef(OrgUnit, null=True)
    vendor = Text(default="")
    interface = Text(default="unknown")
    is_connected = Boolean(default=False)
    note = Text(default="")

    unique_keys = (("key",),)


class FunctionSystem(TenantTable):
    """A function uses a system, and what for."""

    function_id = TenantRef(CityFunction, on_delete="cascade")
    system_id = TenantRef(ItSystem, on_delete="cascade")
    purpose = Text(default="")

    unique_keys = (("function_id", "system_id"),)
