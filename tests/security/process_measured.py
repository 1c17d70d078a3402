"""What the matrix asks about figures: a process that was measured by another system's log."""

from __future__ import annotations

from leancity.core.files.incoming import receiving
from leancity.core.files.kinds import KNOWN
from leancity.core.files.senders import Sender
from leancity.core.files.service import Upload, keep
from leancity.core.processes.figures.logs.importing import LogWish, import_file
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.processes.versions.stages import VersionKind
from leancity.core.processes.versions.uploading import UploadCard, upload_version
from leancity.core.testing.city import City
from tests.core.processes.figures.conftest import DRAWING
from tests.security.actors import within_city

PERFORMER = "Агафья Купердягина"
"""Of the other system, with no account here."""
LOG = f"""case,activity,start,timestamp,resource
A,register,2026-06-01 09:00,2026-06-01 10:00,{PERFORMER}
A,check,2026-06-01 10:00,2026-06-01 11:00,
A,register,2026-06-01 11:00,2026-06-01 12:00,
B,register,2026-07-01 09:00,2026-07-01 10:00,
"""


async def make_figures(city: City) -> dict[str, str]:
    """Make a process with a drawing and cases that were imported; return the ids."""
    async with within_city(city):
        process = await create_process(ProcessCard(key="measured", title="Measured"))
        version = await upload_version(process.id, DRAWING.encode(), UploadCard(kind=VersionKind.AS_IS))
        file = await kept(LOG)
        await import_file(file.id, file.claim, LogWish(process_id=process.id, version_id=version.id, title="Log"))
    await city.run_jobs()
    return {"measured": str(process.id), "measured_version": str(version.id)}


async def kept(text: str, name: str = "log.csv") -> Upload:
    """Store a file as somebody would upload it."""
    sender = Sender(user_id=None, is_known=True, counted_as="")
    async with receiving(KNOWN.largest) as file:
        await file.write(text.encode())
        return await keep(file, name, sender)
