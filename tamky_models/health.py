"""Is the process alive, and can it do its work? For monitors; no detail for strangers."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


class MonitorsAreNobody:
    """Look at no cookie of whoever asks: a session alone would need the database."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path.startswith("/healthz/"):
            request.COOKIES = {}
        return self.get_response(request)


@login_not_required
@require_safe
@never_cache
def live(request):
    """Answer without looking at anything else."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def ready(request):
    """Answer 200 if the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, OSError):
        logger.exception("Not ready")
        return HttpResponse("failed", content_type="text/plain", status=503)
    return HttpResponse("ok", content_type="text/plain")
