"""How far from today a day may lie: further off, somebody has mistyped its year."""

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.partialdates import EARLIEST

# As long as a committee is elected for.
YEARS_AHEAD = 5


def check_year(day):
    """Raise ValidationError for a day that is too far off to be meant."""
    latest = timezone.localdate().year + YEARS_AHEAD
    if day.year < EARLIEST:
        raise ValidationError(
            _("This is before %(year)s. Check the year."), params={"year": EARLIEST}, code="year"
        )
    if day.year > latest:
        raise ValidationError(
            _("This is after %(year)s. Check the year."), params={"year": latest}, code="year"
        )


def check_come(day):
    """Raise ValidationError for a day that is still to come."""
    check_year(day)
    if day > timezone.localdate():
        raise ValidationError(
            _("This day is still to come. Give today or an earlier day."), code="to_come"
        )


def check_not_over(day, *, since=None):
    """Raise ValidationError for a day that is over, or that was so on the earlier day ``since``."""
    check_year(day)
    today = timezone.localdate()
    if day < min(since or today, today):
        raise ValidationError(_("This day is over. Give today or a later day."), code="over")


def check_at(field, check, day):
    """Raise the ValidationError of a check at the field that holds the day, if it holds one."""
    if day is None:
        return
    try:
        check(day)
    except ValidationError as error:
        raise ValidationError({field: error}) from None
