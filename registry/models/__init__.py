"""WHO AND WHAT: people, organisations, party cells and their models."""

from registry.models.attachments import Award, Evidence, Note, Outcome, Replication, StoredFile
from registry.models.calls import Call
from registry.models.catalogues import Field, Indicator, Movement
from registry.models.drafts import DraftBuffer
from registry.models.enrolment import Enrolment
from registry.models.events import SecurityEvent
from registry.models.handover import Handover
from registry.models.lists import BulkAction, BulkChange, SavedFilter
from registry.models.moves import Move, Opening
from registry.models.organisation import Organisation, PartyCell
from registry.models.outbox import Mail
from registry.models.people import Membership, Role, User
from registry.models.practice import PracticeModel
from registry.models.redactions import Redaction
from registry.models.tokens import FormToken, Sequence, TokenSpent
from registry.models.verdicts import ClosingKind, MoveRefused, RetireReason, StaleVersion, Verdict

__all__ = [
    "Award",
    "BulkAction",
    "BulkChange",
    "Call",
    "ClosingKind",
    "DraftBuffer",
    "Enrolment",
    "Evidence",
    "Field",
    "FormToken",
    "Handover",
    "Indicator",
    "Mail",
    "Membership",
    "Move",
    "MoveRefused",
    "Movement",
    "Note",
    "Opening",
    "Organisation",
    "Outcome",
    "PartyCell",
    "PracticeModel",
    "Redaction",
    "Replication",
    "RetireReason",
    "Role",
    "SavedFilter",
    "SecurityEvent",
    "Sequence",
    "StaleVersion",
    "StoredFile",
    "TokenSpent",
    "User",
    "Verdict",
]
