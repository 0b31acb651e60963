"""What is said of a model, how it ends, and what is refused."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext


class Verdict(models.TextChoices):
    """What is said of a model: by a member, by a seminar, and at last by a paper."""

    REPLICATE = "replicate", _("Replicate")
    MAINTAIN = "maintain", _("Maintain")
    STRENGTHEN = "strengthen", _("Strengthen")
    RETIRE = "retire", _("Retire (no longer suitable)")
    SURVEY = "survey", _("Look again")

    @property
    def alone(self):
        """The verdict where how a model ends is said beside it, which may be by a merger."""
        return pgettext("short", "Retire") if self is Verdict.RETIRE else self.label


class RetireReason(models.TextChoices):
    """Why a model is proposed to end, in words its unit can read without losing face."""

    COMPLETED = "completed", _("It has reached its goal")
    INEFFECTIVE = "ineffective", _("It no longer has the effect it had")
    DUPLICATE = "duplicate", _("Another model does the same")
    FORMAL = "formal", _("It has not yet become real practice")
    UNIT_CHANGED = "unit_changed", _("The unit has been merged or dissolved")
    POLICY_CHANGED = "policy_changed", _("The policy has changed")
    OTHER = "other", _("Another reason, given in the remark")


class ClosingKind(models.TextChoices):
    """How a model ended."""

    COMPLETED = "completed", _("Completed")
    UNSUITABLE = "unsuitable", _("No longer suitable")
    MERGED = "merged", _("Merged into another model")
    UNIT_DISSOLVED = "unit_dissolved", _("Unit dissolved")
    NOT_ACCEPTED = "not_accepted", _("Not accepted")


class MoveRefused(ValidationError):
    """The model is not where this move begins; somebody was faster, or it is too late."""


class StaleVersion(MoveRefused):
    """The record has changed since the page was opened."""
