"""Signing in by the committee's own directory, with OpenID Connect, where it has one.

Off unless ``OIDC_SERVER_URL`` is set. It opens no account: the claim named by ``OIDC_CLAIM`` must
be the user name, or the e-mail, of exactly one that is there. A name can be given anew, so an
account that is more than a unit's is joined only by who is signed in to it already, by the page of
one's account. A second factor is asked for as after a password.
"""

import logging
from functools import wraps

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from registry import signing
from registry.models import SecurityEvent, User

logger = logging.getLogger(__name__)

PROVIDER = "oidc"
NOT_NOW = gettext_lazy("Signing in by the directory did not work. Try again, or use a password.")
# Of what the directory says of a person only this is kept.
KEPT = ("sub", "name")


class SocialAdapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request, sociallogin):
        """Return False: accounts are opened by people, whatever a directory says."""
        return False

    def list_apps(self, request, provider=None, client_id=None):
        """Return the one provider of the settings, if there is one."""
        if not settings.OIDC_SERVER_URL:
            return []
        return [
            SocialApp(
                provider="openid_connect",
                provider_id=PROVIDER,
                name=settings.OIDC_NAME,
                client_id=settings.OIDC_CLIENT_ID,
                secret=settings.OIDC_CLIENT_SECRET,
                settings={
                    "server_url": settings.OIDC_SERVER_URL,
                    "fetch_userinfo": False,
                    "oauth_pkce_enabled": True,
                },
            )
        ]

    def pre_social_login(self, request, sociallogin):
        """Join who comes for the first time to the account of that name, or refuse."""
        if sociallogin.is_existing:
            return
        claimed = sociallogin.account.extra_data["id_token"]["claimed"]
        account = _account_of(claimed)
        if account is None:
            signing.sign_in_failed(claimed)
            _back(request, _("Your directory knows you, but no account here has that name."))
        # Names are given anew, the number of a person in the directory is not.
        if SocialAccount.objects.filter(user=account).exists():
            signing.sign_in_failed(claimed)
            _back(request, _("The account of that name belongs to somebody else in the directory."))
        if account.is_more_than_a_units and request.user != account:
            signing.sign_in_failed(claimed)
            _back(
                request,
                _("Sign in with your password this time, and join the directory on “My account”."),
            )
        sociallogin.user = sociallogin.account.user = account
        sociallogin.account.save()
        about = sociallogin.account.uid
        SecurityEvent.record(SecurityEvent.Kind.DIRECTORY_JOINED, user=account, about=about)

    def on_authentication_error(self, request, provider, **kwargs):
        _back(request, NOT_NOW)


def _account_of(claimed):
    """Return the one account the claim names, None if there is none or more than one."""
    if not claimed:
        return None
    name = Q(username=User.normalize_username(claimed))
    if settings.OIDC_CLAIM == "email":
        name = Q(email__iexact=claimed)
    found = list(User.objects.filter(name, is_active=True)[:2])
    return found[0] if len(found) == 1 else None


def _back(request, message):
    messages.error(request, message)
    raise ImmediateHttpResponse(redirect("account_login"))


class Directory(OpenIDConnectOAuth2Adapter):
    """What the directory says counts only with its signature, however it has come here."""

    def complete_login(self, request, app, token, **kwargs):
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("no id_token")
        return super().complete_login(request, app, token, **kwargs)

    def _decode_id_token(self, app, id_token):
        self.did_fetch_access_token = False
        claims = super()._decode_id_token(app, id_token)
        claimed = claims.get(settings.OIDC_CLAIM)
        if settings.OIDC_CLAIM == "email" and claims.get("email_verified") is not True:
            claimed = ""
        kept = {name: claims[name] for name in KEPT if name in claims}
        return kept | {"claimed": claimed if isinstance(claimed, str) else ""}


def only_where_there_is_one(view):
    """Answer 404 where no directory is set, and lead back where it is away or talks nonsense."""

    @wraps(view)
    def guarded(request, provider_id):
        if not settings.OIDC_SERVER_URL or provider_id != PROVIDER:
            raise Http404
        try:
            return view(request)
        except (RequestException, KeyError, ValueError):
            logger.exception("the directory gave no usable answer")
            messages.error(request, NOT_NOW)
            return redirect("account_login")

    return login_not_required(guarded)


@only_where_there_is_one
@require_POST
def login(request):
    return OAuth2LoginView.adapter_view(Directory(request, PROVIDER))(request)


@only_where_there_is_one
@require_safe
def callback(request):
    return OAuth2CallbackView.adapter_view(Directory(request, PROVIDER))(request)
