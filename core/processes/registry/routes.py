"""The workbook in which a city writes its registry down."""

from __future__ import annotations

import asyncio

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from leancity.core.identity.principal import current_principal
from leancity.core.processes.registry.checking import READ
from leancity.core.processes.registry.importing.template import MEDIA_TYPE, template

FILE = "leancity-registry.xlsx"


@get("/processes/registry/template.xlsx")
async def registry_template() -> Response[bytes]:
    """Answer the template in the reader's language."""
    who = current_principal()
    who.require(READ)
    content = await asyncio.to_thread(template, who.locale)
    headers = {"content-disposition": f'attachment; filename="{FILE}"', "cache-control": "private, no-cache"}
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


HANDLERS: tuple[ControllerRouterHandler, ...] = (registry_template,)
