"""What may be done about attestations, and the roles a city begins with."""

from __future__ import annotations

from leancity.core.plugins.contributions import Permission, Role

PREPARE = "staff_attestation.schedule.prepare"
READ = "staff_attestation.case.read"

HR = "staff_attestation.hr"
HEAD = "staff_attestation.head"
SECRETARY = "staff_attestation.secretary"
CHAIR = "staff_attestation.chair"
MEMBER = "staff_attestation.member"
EMPLOYEE = "staff_attestation.employee"

PERMISSIONS = (
    Permission(
        name=PREPARE,
        title={"en": "Prepare schedules of attestations", "ru": "Составлять графики аттестации"},
        by_row=True,
    ),
    Permission(
        name=READ,
        title={"en": "Read attestations and their schedules", "ru": "Читать дела об аттестации и графики"},
        by_row=True,
    ),
)

# Who takes part sees their own tasks and what the forms of those show; only the personnel office reads the cases, and
# of other kinds none but its own: it needs core.case.read for the lists of cases alone.
ROLES = (
    Role(
        key=HR,
        title={"en": "Attestation: personnel office", "ru": "Аттестация: кадровая служба"},
        permissions=(PREPARE, READ, "core.case.read@own", "core.task.work", "core.task.assign", "core.unit.read"),
    ),
    Role(
        key=HEAD,
        title={"en": "Attestation: head of the administration", "ru": "Аттестация: руководитель администрации"},
        permissions=("core.task.work", "core.unit.read"),
    ),
    Role(
        key=SECRETARY,
        title={"en": "Attestation: secretary of the commission", "ru": "Аттестация: секретарь комиссии"},
        permissions=("core.task.work", "core.unit.read"),
    ),
    Role(
        key=CHAIR,
        title={"en": "Attestation: chair of the commission", "ru": "Аттестация: председатель комиссии"},
        permissions=("core.task.work@own", "core.unit.read"),
    ),
    Role(
        key=MEMBER,
        title={"en": "Attestation: member of the commission", "ru": "Аттестация: член комиссии"},
        permissions=("core.task.work@own", "core.unit.read"),
    ),
    Role(
        key=EMPLOYEE,
        title={"en": "Attestation: employee", "ru": "Аттестация: служащий"},
        permissions=("core.task.work@own", "core.unit.read"),
    ),
)
