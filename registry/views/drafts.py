"""Words that are typed and not saved: kept, given back, let go of."""

from http import HTTPStatus
from uuid import uuid4

from django.http import JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import time_format
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from registry.keeping import keep_own_words, keep_words
from registry.models import DraftBuffer, SecurityEvent
from registry.views.look import text_size


@require_POST
def draft_keep(request):
    """Keep what is in a form while it is being written; the script of the page asks for it."""
    return JsonResponse(_said_of(keep_own_words(request)))


@require_safe
def draft_detail(request, opened):
    """Say whether the words of a form are stored, so that a browser may drop its copy.

    With the token of this session: a page of an earlier one goes on with it.
    """
    buffer = get_object_or_404(DraftBuffer.objects.filter(user=request.user), opened=opened)
    return JsonResponse(_said_of(buffer) | {"token": get_token(request)})


@require_POST
def draft_discard(request, opened):
    """Let go of what was typed and not saved."""
    buffer = get_object_or_404(DraftBuffer.objects.filter(user=request.user), opened=opened)
    DraftBuffer.objects.empty(request.user, opened, path=buffer.path)
    # Its form may not open any more; then this was asked for beside the list of what was kept.
    return redirect("home" if request.POST.get("from") == "home" else buffer.path)


@require_POST
def draft_look(request):
    """Change language or size of a page with a form, which comes back with what was typed in it."""
    request.POST = request.POST.copy()
    request.POST["next"] = keep_own_words(request).address
    return text_size(request) if "size" in request.POST else set_language(request)


def csrf_failure(request, reason=""):
    """Keep what was sent from a page of an earlier session, and say where it is to be found.

    Of somebody signed in it is on record: another site may have sent it in their name.
    """
    if request.user.is_authenticated:
        about = f"{request.method} {request.path}: {reason}"
        SecurityEvent.record(SecurityEvent.Kind.REFUSED, user=request.user, about=about)
    context = {"buffer": keep_words(request) if request.method == "POST" else None}
    return render(request, "403_csrf.html", context, status=HTTPStatus.FORBIDDEN)


def _said_of(buffer):
    """Return what the script is told; a form that is stored and gone back to goes on anew."""
    return {
        "anew": uuid4(),
        "stored": buffer.stored_at is not None,
        "kept": int(buffer.kept_at.timestamp() * 1000),
        "time": time_format(timezone.localtime(buffer.kept_at), "H:i"),
    }
