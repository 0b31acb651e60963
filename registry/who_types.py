"""„Ai đang nhập?“: on an account that several people of a unit use, who sits before it now.

Asked once a session, before the first form that writes; the name then stands with every entry of
the history and every move of that session.
"""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from registry.access import SeeOther, own_address
from registry.forms.accounts import WhoTypesForm
from registry.keeping import keep_words

TYPED_BY = "typed_by"
# Forms to be asked before, so that nobody has typed anything yet. All others are asked with
# what they send, which is kept.
BEFORE = frozenset(
    f"registry:{name}"
    for name in (
        "practicemodel_create",
        "practicemodel_update",
        "evidence_add",
        "note_add",
        "award_add",
        "replication_add",
        "replication_update",
        "outcomes_update",
    )
)
# What writes nothing of the register.
NOT_ASKED = frozenset(
    {
        "who_types",
        "seen",
        "session_end",
        "sessions_end",
        "set_language",
        "text_size",
        "registry:draft_keep",
        "registry:draft_look",
        "registry:draft_discard",
        "registry:filter_create",
        "registry:filter_remove",
    }
)
OF_THE_ACCOUNT = ("account_", "mfa_")


class AskWhoTypes:
    """Middleware: lead to the question, and back."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        name, user = request.resolver_match.view_name, request.user
        writes = request.method == "POST" or (request.method == "GET" and name in BEFORE)
        if not writes or name in NOT_ASKED or name.startswith(OF_THE_ACCOUNT):
            return None
        if not user.is_authenticated or not user.is_shared or TYPED_BY in request.session:
            return None
        if request.method == "GET":
            return _asked(request.get_full_path())
        if buffer := keep_words(request):
            return _asked(buffer.address)
        messages.info(
            request, _("Nothing was done yet. Once you have said who you are, press again.")
        )
        return _asked(own_address(request, request.headers.get("referer", "")))


def _asked(then):
    return SeeOther(f"{reverse('who_types')}?{urlencode({'next': then})}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def who_types(request):
    """Ask for the name, keep it in the session, lead back."""
    then = own_address(request, request.POST.get("next") or request.GET.get("next", ""))
    form = WhoTypesForm(
        request.POST if request.method == "POST" else None,
        initial={"name": request.session.get(TYPED_BY, "")},
    )
    if form.is_valid():
        request.session[TYPED_BY] = form.cleaned_data["name"]
        return HttpResponseRedirect(then)
    return render(request, "registry/who_types.html", {"form": form, "then": then})
