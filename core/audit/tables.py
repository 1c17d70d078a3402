"""The audit log and its seal."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, Integer, Text, Timestamptz, Varchar

from leancity.core.db.tables import TenantTable


class AuditRow(TenantTable, tablename="audit_event"):
    """``action`` is ``<module>.<resource>.<past-tense verb>``; ``data`` holds references, never personal values.

    ``actor_kind`` is user, token, operator, system or stranger; ``actor_id`` the account, of an operator the access.
    ``outcome`` is done, read or refused; ``repeats`` counts refusals of the same thing within a moment.
    """

    at = Timestamptz()
    actor_kind = Text(default="")
    actor_id = UUID(null=True, default=None)
    action = Text()
    outcome = Text(default="done")
    subject = Text(default="")
    subject_id = UUID(null=True, default=None)
    repeats = Integer(default=1)
    request_id = Text(default="")
    data = JSONB(default="{}")

    append_only = True
    index_keys = (("subject_id", "at"), ("actor_id", "at"), ("at", "id"))


class AuditLink(TenantTable):
    """A link of the city's chain: ``digest`` is over the link before it and the row ``audit_id``, in hex."""

    at = Timestamptz()  # the row's
    seq = BigInt()
    audit_id = UUID(default=None)
    digest = Varchar(length=64)

    append_only = True
    unique_keys = (("seq",), ("audit_id",))
    index_keys = (("at", "audit_id"),)


class AuditHead(TenantTable):
    """The end of the city's chain; one row a city, locked by whoever lengthens it.

    ``sealed_at`` is the moment of the last thorough look for unsealed rows (``core.audit.seal``).
    """

    name = Text(default="chain")
    seq = BigInt(default=0)
    digest = Varchar(length=64, default="")
    sealed_at = Timestamptz(null=True, default=None)

    unique_keys = (("name",),)


class AuditSalt(TenantTable):
    """The salt of the digests that rows hold of a person's values. Erasing the person removes it."""

    person_id = UUID(default=None)
    salt = Varchar(length=64)

    unique_keys = (("person_id",),)
