"""What may become of a delivery, and why. Stable: they stand in the log that administrators read."""

from __future__ import annotations

WAITING, SENT, SKIPPED, FAILED, UNCERTAIN = "waiting", "sent", "skipped", "failed", "uncertain"
STATES = (WAITING, SENT, SKIPPED, FAILED, UNCERTAIN)

NO_RIGHT = "no_right"
INACTIVE = "inactive"
ERASED = "erased"
UNSUBSCRIBED = "unsubscribed"
RULE_OFF = "rule_off"
NO_ADDRESS = "no_address"
NO_MAIL = "no_mail"
QUIET = "quiet_hours"
IN_DIGEST = "digest"
READ_MEANWHILE = "read"
CLOSED = "module_closed"
TASK_GONE = "task_gone"
"""It was done meanwhile, or another has it."""
CUT_OFF = "cut_off"
NO_ANSWER = "no_answer"
SMTP = "smtp_"
"""Begins the reason that a mail server gave: the code of its answer follows."""
REASONS = (
    NO_RIGHT,
    INACTIVE,
    ERASED,
    UNSUBSCRIBED,
    RULE_OFF,
    NO_ADDRESS,
    NO_MAIL,
    QUIET,
    IN_DIGEST,
    READ_MEANWHILE,
    CLOSED,
    TASK_GONE,
    CUT_OFF,
    NO_ANSWER,
)
