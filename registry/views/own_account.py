"""The page of one's own account: who one is here, how one signs in, and where one is signed in."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from registry import sessions
from registry.models import SecurityEvent

LAST_SIGN_INS = 10


@never_cache
@require_safe
def own_account(request):
    user = request.user
    kinds = SecurityEvent.Kind
    signed_in = SecurityEvent.objects.filter(user=user, kind=kinds.SIGNED_IN)
    memberships = user.memberships.current().select_related("organisation")
    context = {
        "memberships": memberships.order_by("organisation__position", "organisation__sort_key"),
        "roles": sorted(user.roles),
        "factors": {factor.type for factor in user.authenticator_set.all()},
        "must_have_second_factor": user.must_have_second_factor,
        "is_joined": user.socialaccount_set.exists(),
        "sessions": sessions_shown(request),
        "sign_ins": signed_in[:LAST_SIGN_INS],
    }
    return render(request, "registry/own_account.html", context)


def sessions_shown(request):
    """Return the sessions as the page shows them: what device, from where, and which is this."""
    current = request.session.session_key
    return [
        {
            "pk": row.pk,
            "device": sessions.device_of(row.user_agent),
            "address": row.ip,
            "began": row.created_at,
            "seen": row.last_seen_at,
            "current": row.session_key == current,
        }
        for row in sessions.of_user(request.user)[: sessions.SHOWN]
    ]


@require_POST
def session_end(request, pk):
    """End one other session of one's own."""
    row = next((row for row in sessions.of_user(request.user) if row.pk == pk), None)
    if row is None or row.session_key == request.session.session_key:
        raise Http404
    sessions.end_one(row)
    messages.success(request, _("That device is signed out."))
    return redirect("account")


@require_POST
def sessions_end(request):
    """End all sessions of one's own but this one."""
    sessions.end_all(request.user, request=request, about=_("all but one’s own"))
    messages.success(request, _("All other devices are signed out."))
    return redirect("account")
