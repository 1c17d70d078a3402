"""The fields of an imported service request, and what may be wrong between them."""

from __future__ import annotations

from collections.abc import Iterator

from leancity.core.cases.checks import LONG
from leancity.core.cases.filing import EARLIEST
from leancity.core.errors import Problem
from leancity.core.imports.target import FieldKind, ImportField, Values
from leancity.core.moment import now
from leancity.modules.city_problems.checks import LONGEST_CONTACT
from leancity.modules.city_problems.kinds import REPORT

FIELDS = (
    ImportField(
        name="external_id",
        title={"en": "Number in the other system", "ru": "Номер в другой системе"},
        required=True,
        aliases=("id", "number", "srnumber", "service request id", "request id", "номер", "номер обращения"),
    ),
    ImportField(
        name="category",
        title={"en": "Category", "ru": "Категория"},
        required=True,
        aliases=("type", "requesttype", "service name", "problem type", "тип", "тема", "вид проблемы"),
    ),
    ImportField(
        name="created_at",
        title={"en": "Created", "ru": "Создано"},
        kind=FieldKind.MOMENT,
        required=True,
        aliases=("createddate", "requested datetime", "opened", "date", "дата создания", "дата", "поступило"),
    ),
    ImportField(
        name="closed_at",
        title={"en": "Closed", "ru": "Закрыто"},
        kind=FieldKind.MOMENT,
        aliases=("closeddate", "closed date", "дата закрытия", "исполнено"),
        not_before="created_at",
    ),
    ImportField(
        name="outcome",
        title={"en": "Outcome", "ru": "Итог"},
        kind=FieldKind.CHOICE,
        choices={outcome.key: outcome.title for outcome in REPORT.outcomes},
        aliases=("result", "результат"),
    ),
    ImportField(name="title", title={"en": "Title", "ru": "Заголовок"}, aliases=("subject", "название")),
    ImportField(
        name="text",
        title={"en": "Text", "ru": "Текст"},
        limit=LONG,
        aliases=("description", "описание", "текст обращения"),
    ),
    ImportField(
        name="lat",
        title={"en": "Latitude", "ru": "Широта"},
        kind=FieldKind.NUMBER,
        low=-90,
        high=90,
        aliases=("y",),
    ),
    ImportField(
        name="lon",
        title={"en": "Longitude", "ru": "Долгота"},
        kind=FieldKind.NUMBER,
        low=-180,
        high=180,
        aliases=("long", "lng", "x"),
    ),
    ImportField(name="address", title={"en": "Address", "ru": "Адрес"}, limit=LONGEST_CONTACT),
    ImportField(
        name="reporter_name",
        title={"en": "Reporter", "ru": "Заявитель"},
        limit=LONGEST_CONTACT,
        aliases=("name", "имя", "фио"),
    ),
    ImportField(
        name="reporter_phone",
        title={"en": "Phone", "ru": "Телефон"},
        limit=LONGEST_CONTACT,
        aliases=("телефон заявителя",),
    ),
    ImportField(
        name="reporter_email",
        title={"en": "E-mail", "ru": "Электронная почта"},
        limit=LONGEST_CONTACT,
        aliases=("email", "почта"),
    ),
)


def check_request(values: Values) -> Iterator[Problem]:
    """Yield what is wrong with a request whose fields are right one by one."""
    if not EARLIEST <= values["created_at"] <= now():
        yield Problem(code="import_moment_outside", field="created_at", params={"earliest": EARLIEST.year})
    if values["closed_at"] is not None and values["closed_at"] > now():
        yield Problem(code="import_moment_outside", field="closed_at", params={"earliest": EARLIEST.year})
    lat, lon = values["lat"], values["lon"]
    if (lat is None) != (lon is None):
        yield Problem(code="import_point_half", field="lat" if lat is None else "lon")
    elif lat == 0 and lon == 0:
        yield Problem(code="import_point_zero", field="lat")
