"""What a password may be: anything long enough that is not known to everybody.

No rule of capitals, digits or signs, and no end date: such rules make people write passwords
down. A sentence one remembers, with spaces and diacritics, is best.
"""

import unicodedata
from difflib import SequenceMatcher

from django.conf import settings
from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry.vietnamese import fold

# What everybody who knows of the register would try first, beside its names in the settings.
KNOWN_TO_ALL = ("sổ mô hình", "mô hình", "mật khẩu", "đăng nhập", "chi bộ", "đảng ủy", "password")


def normal(password):
    """Return the password as it is kept: the same letters are the same, however they are typed.

    „ổ“ comes as one character from one keyboard and as three from another.
    """
    return unicodedata.normalize("NFC", password) if isinstance(password, str) else password


class OwnDataValidator(UserAttributeSimilarityValidator):
    """Django's, which also takes “tranvanthu” for the name of Trần Văn Thử.

    Without diacritics many sentences have the same letters, so here their order counts too.
    """

    def validate(self, password, user=None):
        super().validate(password, user)
        plain = _plain(password)
        for name in self.user_attributes if user else ():
            own = _plain(getattr(user, name) or "")
            alike = SequenceMatcher(None, plain, own)
            # By the lengths first: a password of a thousand letters takes long to compare.
            if (
                own
                and alike.real_quick_ratio() >= self.max_similarity
                and alike.ratio() >= self.max_similarity
            ):
                raise ValidationError(
                    self.get_error_message(),
                    code="password_too_similar",
                    params={"verbose_name": user._meta.get_field(name).verbose_name},
                )


class OwnWordsValidator:
    """Refuse a password that is little else than the committee's name, the place or the like."""

    def __init__(self, min_rest=6):
        self.min_rest = min_rest

    def validate(self, password, user=None):
        """Raise ValidationError where too little is left without those words."""
        whole = _plain(password)
        rest = whole
        for word in sorted(_known_words(), key=len, reverse=True):
            rest = rest.replace(word, "")
        letters = "".join(char for char in rest if char.isalpha())
        if rest != whole and len(letters) < self.min_rest:
            raise ValidationError(
                _("Everybody here would try this first. Choose another, best a short sentence."),
                code="password_of_known_words",
            )

    def get_help_text(self):
        return _("Not the name of the committee, the place or the register.")


def _known_words():
    names = (settings.COMMITTEE_NAME, settings.PLACE_NAME, *KNOWN_TO_ALL)
    return {_plain(name) for name in names} - {""}


def _plain(text):
    return fold(text).replace(" ", "")
