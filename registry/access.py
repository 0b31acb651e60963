"""From a user and a key to a record, or to the right refusal; for the views of both apps.

What one may not see answers 404, what one sees but may not do answers 403, and what comes
too late answers 409 with a sentence and a way on.
"""

from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from registry.keeping import keep_words
from registry.models import MoveRefused, Opening, PracticeModel, SecurityEvent


def visible_or_404(queryset, user, pk, *, may=None):
    """Return the record with that key if the user sees it.

    ``may`` names the queryset method that says who may do what is asked ("written_by").
    Raise Http404 or PermissionDenied.
    """
    record = get_object_or_404(queryset.visible_to(user), pk=pk)
    if may is not None and not is_allowed(record, user, may):
        raise PermissionDenied
    return record


def is_allowed(record, user, may):
    """Whether the record is in the answer of its queryset's method ``may`` for the user."""
    return getattr(type(record).objects, may)(user).filter(pk=record.pk).exists()


def acting_for(user, organisation):
    """Return the organisation if the user enters on its behalf, None if they are of it."""
    acts_for_it = type(organisation).objects.acted_for_by(user).filter(pk=organisation.pk)
    return None if acts_for_it.exists() else organisation


def record_opening(user, model):
    """Put on record that somebody from outside the unit opens what it has not sent yet."""
    if model.is_unsent and not PracticeModel.objects.own_of(user).filter(pk=model.pk).exists():
        Opening.objects.create(model=model, by=user)


def record_file(request, stored, model=None):
    """Put on record that a file not open to everybody is opened by somebody from outside its unit.

    The picture in small, which pages show, is not.
    """
    user = request.user
    if request.method != "GET" or not user.is_authenticated:
        return
    if model is not None and (
        PracticeModel.objects.own_of(user).filter(pk=model.pk).exists()
        or type(stored).objects.visible_to(AnonymousUser()).filter(pk=stored.pk).exists()
    ):
        return
    about = f"{type(stored).__name__} {stored.pk}: {stored}"
    SecurityEvent.record(SecurityEvent.Kind.FILE_OPENED, user=user, about=about)


def record_export(request, name):
    """Put on record who takes records out as a file, and which of them."""
    if request.method == "GET" and request.user.is_authenticated:
        about = f"{name}?{request.GET.urlencode()}"
        SecurityEvent.record(SecurityEvent.Kind.EXPORTED, user=request.user, about=about)


def posted(request):
    """Return what a form takes as data and files: nothing unless it was sent."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def posted_version(request):
    """Return the version the page was opened with; 0, which no record has, if it does not say."""
    try:
        return int(request.POST.get("version", ""))
    except ValueError:
        return 0


def posted_token(request):
    """Return the token of the form that was sent, None if there is none to speak of."""
    try:
        return UUID(request.POST.get("token", ""))
    except ValueError:
        return None


def own_address(request, address):
    """Return path and query of an address of ours that came with a request, else the first page's.

    For the way back: what a form or a browser says may be anything.
    """
    ours = {request.get_host()}
    if "\0" not in address and url_has_allowed_host_and_scheme(address, ours):
        parts = urlsplit(address)
        path = urlunsplit(("", "", parts.path, parts.query, ""))
        # Of "http://ours//theirs" the path alone would lead to them.
        if path.startswith("/") and url_has_allowed_host_and_scheme(path, set()):
            return path
    return reverse("home")


class SeeOther(HttpResponseRedirect):
    """Lead away from what was sent and has done nothing: a 302 says that it is stored."""

    status_code = HTTPStatus.SEE_OTHER


def led_away(request, page, then=None):
    """Lead to a page that comes first, and from there to ``then``, if that is given.

    What a form has brought is kept, and the way leads back to it.
    """
    sent = request.method == "POST"
    if sent and (buffer := keep_words(request)):
        then = buffer.address
    address = f"{page}?{urlencode({'next': then})}" if then else page
    return SeeOther(address) if sent else HttpResponseRedirect(address)


@contextmanager
def refusals_lead_to(back):
    """Let a refused move in the block show the 409 page, with a way on to ``back``."""
    try:
        yield
    except MoveRefused as error:
        error.back = back
        raise


class RefusalsExplained:
    """Middleware: a move that is refused in any view becomes the 409 page."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, MoveRefused):
            return None
        context = {
            "refusal": exception.messages,
            "back": getattr(exception, "back", None),
            "buffer": keep_words(request) if request.method == "POST" else None,
        }
        return render(request, "409.html", context, status=HTTPStatus.CONFLICT)
