"""The answers to what goes wrong before, or instead of, a view.

Their pages stand alone: no session, no database, no context processor that could fail again.
"""

import errno
import sys
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import defaults

from registry.files import MEGABYTE, MOST_FILES
from registry.models import SecurityEvent
from tamky_models.context import register
from tamky_models.limits import is_too_slow

RETRY_AFTER_SECONDS = 30


def bad_request(request, exception):
    """Answer 400; or 413, with the limit, to more text than a form may bring."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request, most_text=settings.DATA_UPLOAD_MAX_MEMORY_SIZE // MEGABYTE)
    most_files = MOST_FILES if isinstance(exception, TooManyFilesSent) else None
    context = {"most_files": most_files, "back": _came_from(request)}
    return _page("400.html", HTTPStatus.BAD_REQUEST, context)


def too_large(request, **most):
    """Answer 413; ``most`` says what is taken at once, in megabytes."""
    context = {**most, "back": _came_from(request)}
    return _page("413.html", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, context)


def permission_denied(request, exception):
    """Answer 403, and put on record what somebody signed in has tried."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        about = f"{request.method} {request.path}"
        SecurityEvent.record(SecurityEvent.Kind.REFUSED, user=user, about=about)
    return defaults.permission_denied(request, exception)


def server_error(request):
    """Answer 503 to a database away or too slow and to a full disk, 500 to a fault of ours.

    Django logs them all.
    """
    context = {"address": request.get_full_path(), **_sent(request)}
    error = sys.exception()
    no_room = has_no_room(error)
    if no_room or is_database_away(error):
        context |= {"no_room": no_room, "too_slow": is_too_slow(error)}
        response = _page("503.html", HTTPStatus.SERVICE_UNAVAILABLE, context)
        response["Retry-After"] = RETRY_AFTER_SECONDS
        return response
    # As much of the request's number as one can read out on the telephone.
    context["incident"] = request.id.hex[:8] if hasattr(request, "id") else None
    return _page("500.html", HTTPStatus.INTERNAL_SERVER_ERROR, context)


def is_database_away(error):
    """Whether the database is out of reach or does not keep up; a wrong query is our fault."""
    if not isinstance(error, (OperationalError, InterfaceError)):
        return False
    # What SQLite says also of a table that is not there.
    return getattr(error.__cause__, "sqlite_errorname", "") != "SQLITE_ERROR"


def has_no_room(error):
    """Whether a disk is full: that of the files, or the database's."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    cause = getattr(error, "__cause__", None)
    codes = {getattr(cause, name, None) for name in ("sqlite_errorname", "sqlstate")}
    return bool(codes & {"SQLITE_FULL", "53100"})


def _page(template, status, context):
    return HttpResponse(
        render_to_string(template, {"register": register(), **context}), status=status
    )


def _came_from(request):
    """Return the page of ours that a form was sent from, None if the browser does not say."""
    address = request.META.get("HTTP_REFERER", "")
    try:
        is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()})
    except DisallowedHost:
        return None
    return address if is_ours and request.method == "POST" else None


def _sent(request):
    """Return what a form brought, to be sent again from the page; never a password."""
    if request.method != "POST":
        return {}
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
        files = [upload.name for _name, uploads in request.FILES.lists() for upload in uploads]
    except Exception:  # whatever is wrong with what came: the page must not fail again
        return {}
    if any("password" in name.lower() for name, _value in fields):
        return {}
    return {"sent": fields, "files": ", ".join(files)}
