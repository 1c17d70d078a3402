"""A city's settings of a module, for who may change them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import strawberry
from strawberry.utils.str_converters import to_camel_case

from leancity.core.customs.names import module_title
from leancity.core.identity.principal import current_principal
from leancity.core.identity.settings import TITLE, CoreSettings
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings import declaration, forms, layers, service
from leancity.graphql.api import JSON, Payload, field, mutation
from leancity.graphql.kernel.case_kinds import in_words
from leancity.graphql.kernel.setting_inputs import ARGUMENT, KERNEL, changed, settings_changes

WHY = "the service asks for the module's own permission, <module>.settings.change, or core.settings.change"

if TYPE_CHECKING:
    SettingsChanges: TypeAlias = Any
else:  # a city without modules chooses from the kernel's; a schema with some puts its own in the place
    SettingsChanges = settings_changes({KERNEL: CoreSettings})


@strawberry.enum(description="A time is HH:MM, a duration ISO 8601. That of a list is its items'.")
class SettingType(StrEnum):
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    TIME = "time"
    DURATION = "duration"


@strawberry.enum(description="Who has set a value; MODULE is the module's default.")
class SettingOrigin(StrEnum):
    CITY = "city"
    REGION = "region"
    MODULE = "module"


@strawberry.type(description="One setting, as it holds in the city.")
class ModuleSetting:
    name: str = strawberry.field(description="Of the field in the input.")
    title: str
    help: str
    type: SettingType
    is_list: bool
    value: JSON | None
    origin: SettingOrigin
    inherited: JSON | None = strawberry.field(description="What would hold without the city's own value.")
    schema: JSON = strawberry.field(description="JSON Schema of the value: bounds, choices with titles, default.")

    @classmethod
    def of(cls, explained: layers.Explained) -> Self:
        setting = explained.field.setting
        return cls(
            name=to_camel_case(explained.field.name),
            title=in_words(setting.title),
            help=in_words(setting.help),
            type=SettingType(explained.field.type),
            is_list=explained.field.is_list,
            value=explained.value,
            origin=SettingOrigin(explained.origin),
            inherited=explained.inherited,
            schema=JSON(forms.schema_of(explained.field, current_principal().locale)),
        )


@strawberry.type(description="A city's settings of a module, or of the kernel under the name core.")
class ModuleSettings:
    module: str
    title: str
    fields: list[ModuleSetting]
    dropped: JSON = strawberry.field(
        description="Stored values that the module takes no more, by name and by who has set them. They are kept."
    )
    schema: JSON = strawberry.field(description="JSON Schema of a form for all of them.")

    @classmethod
    def of(cls, module: str, found: layers.Resolved[declaration.ModuleSettings]) -> Self:
        fields = [ModuleSetting.of(each) for each in found.fields]
        title = in_words(TITLE if module == KERNEL else module_title(module))
        properties = {each.name: each.schema for each in fields}
        return cls(
            module=module,
            title=title,
            fields=fields,
            dropped=JSON({to_camel_case(name): {**held} for name, held in found.dropped.items()}),
            schema=JSON({"title": title, "type": "object", "properties": properties, "additionalProperties": False}),
        )


@strawberry.type
class ModuleSettingsPayload(Payload):
    settings: ModuleSettings | None = None


@strawberry.type
class ModuleSettingsQuery:
    @field(public=WHY)
    async def module_settings(self, module: str) -> ModuleSettings | None:
        return ModuleSettings.of(module, await service.explained(installed_modules(), module))


@strawberry.type
class ModuleSettingsMutation:
    @mutation(public=WHY, description="Change some settings of one module; what is wrong is told at once.")
    async def settings_change(self, changes: SettingsChanges) -> ModuleSettingsPayload:
        module, given = changed(changes)
        await service.change_settings(installed_modules(), module, given, path=f"{ARGUMENT}.{module}")
        found = await service.explained(installed_modules(), module)
        return ModuleSettingsPayload(settings=ModuleSettings.of(module, found))
