"""A city's settings of a module, for who may change them."""

from __future__ import annotations

from typing import Self

import msgspec
import strawberry

from leancity.core.identity.settings import TITLE
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings import declaration
from leancity.core.settings.service import change_settings, settings_to_change
from leancity.graphql.api import JSON, Payload, field, mutation
from leancity.graphql.kernel.case_kinds import in_words

WHY = "the service asks for the module's own permission, <module>.settings.change, or core.settings.change"


@strawberry.type(description="A city's settings of a module, or of the kernel under the name core.")
class ModuleSettings:
    module: str
    title: str
    values: JSON = strawberry.field(description="What the city has changed over the module's defaults.")
    schema: JSON = strawberry.field(description="JSON Schema of the values: types, bounds, defaults, explanations.")

    @classmethod
    def of(cls, module: str, settings: declaration.ModuleSettings) -> Self:
        return cls(
            module=module,
            title=in_words(TITLE if module == "core" else installed_modules().manifests[module].title),
            values=JSON(msgspec.to_builtins(settings)),
            schema=JSON(msgspec.json.schema(type(settings))),
        )


@strawberry.type
class ModuleSettingsPayload(Payload):
    settings: ModuleSettings | None = None


@strawberry.type
class ModuleSettingsQuery:
    @field(public=WHY)
    async def module_settings(self, module: str) -> ModuleSettings | None:
        return ModuleSettings.of(module, await settings_to_change(installed_modules(), module))


@strawberry.type
class ModuleSettingsMutation:
    @mutation(public=WHY, description="Change some of the values; the others stay.")
    async def module_settings_change(self, module: str, changes: JSON) -> ModuleSettingsPayload:
        settings = await change_settings(installed_modules(), module, changes)
        return ModuleSettingsPayload(settings=ModuleSettings.of(module, settings))
