"""What the history says of a change for which nobody was asked a reason: what was done."""

from django.utils.translation import gettext_lazy as _

# Stored as these keys, which no language changes; shown in the reader's words.
DEEDS = {
    "accept": _("Received into the register"),
    "another unit": _("The person has moved to another unit"),
    "call": _("Called"),
    "change password": _("Has chosen a password"),
    "clean": _("nothing found"),
    "close": _("Closed"),
    "draft": _("Kept as a draft"),
    "endorse": _("Endorsed"),
    "freeze": _("Tied to the text as it stood"),
    "hand in": _("Handed in"),
    "hand over": _("Handed over"),
    "issue": _("Issued"),
    "more rights": _("The account was given more rights"),
    "move": _("Moved in the agenda"),
    "open": _("Opened"),
    "open account": _("Account opened"),
    "own account": _("The account is of one person"),
    "publish": _("Made public"),
    "redact": _("Redacted"),
    "reset password": _("New first password"),
    "send": _("Sent"),
    "send_back": _("Returned"),
    "shared account": _("The account is of several people"),
    "submit": _("Sent"),
    "take_back": _("Acceptance taken back"),
    "virus scanner": _("Virus scanner"),
    "withdraw": _("Taken back by the unit"),
}


def in_words(reason):
    """Return what an entry of the history gives as its reason, in the reader's words.

    A deed may say what it was about: ``redact: 12-CV/ĐU``. What a person has written stays so.
    """
    deed, colon, about = (reason or "").partition(": ")
    if deed not in DEEDS:
        return reason or ""
    return f"{DEEDS[deed]}{colon}{DEEDS.get(about, about)}"
