"""What every page's frame shows."""

from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from registry.views.look import is_large

# What a page may have or not. A template finds out in a moment that it is None, but looks in four
# ways for what is not there.
PERHAPS = dict.fromkeys(("errors", "form", "formset", "keep", "preview"))


def site(request):
    user = getattr(request, "user", None)
    return PERHAPS | {
        # Not "site": allauth gives its own pages a variable of that name.
        "register": register(),
        "large_text": is_large(request),
        "nav": _navigation(request, user) if user is not None else (),
    }


def register():
    """Say whose register this is and whom to ask: all that a page needs when nothing else works."""
    return {
        "committee_name": settings.COMMITTEE_NAME,
        "clerk_name": settings.CLERK_NAME,
        "clerk_phone": settings.CLERK_PHONE,
        "public_catalogue": settings.PUBLIC_CATALOGUE,
        "demo": settings.DEBUG,
        "directory": settings.OIDC_NAME if settings.OIDC_SERVER_URL else "",
    }


def _navigation(request, user):
    is_in = user.is_authenticated
    entries = _entries(
        get_language(), is_in, is_in or settings.PUBLIC_CATALOGUE, is_in and user.is_staff
    )
    return tuple(Entry(url, label, _is_current(request.path, url)) for url, label in entries)


class Entry(NamedTuple):
    """A part of the register in the menu."""

    url: str
    label: str
    current: bool


@cache
def _entries(language, is_signed_in, sees_the_catalogue, is_staff):
    """Return the parts of the register as (address, name), the same on every page."""
    entries = []
    if is_signed_in:
        entries.append((reverse("home"), _("To do")))
    if sees_the_catalogue:
        entries.append((reverse("registry:practicemodel_list"), _("Models")))
        entries.append((reverse("registry:organisation_list"), _("Organisations")))
        entries.append((reverse("registry:statistics"), _("Statistics")))
    if is_signed_in:
        entries.append((reverse("reviews:seminar_list"), _("Seminars")))
        entries.append((reverse("reviews:decision_list"), _("Papers")))
    if is_staff:
        entries.append((reverse("admin:index"), _("Administration")))
    return entries


def _is_current(path, url):
    return path == url if url == reverse("home") else path.startswith(url)
