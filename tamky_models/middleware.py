"""What every request passes before a view sees it."""

from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.template.loader import render_to_string

from registry.files import MEGABYTE
from registry.keeping import keep_words
from tamky_models.errors import too_large


class VietnameseFirst(LocaleMiddleware):
    """Choose the language by the reader's own choice alone.

    Many office PCs run an English Windows, whose browser asks for English pages that its
    user never chose. So the browser's list is ignored: Vietnamese, until the language is
    switched in the foot of a page.
    """

    def process_request(self, request):
        request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        super().process_request(request)


class RefuseNulBytes:
    """Answer 400 to an address with a NUL character, which PostgreSQL cannot take in a query.

    In a form the field refuses it, with a message.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL character in the address")


class RefuseTooLarge:
    """Answer 413 to more than all files of a form together, before any of it is read."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        most = settings.REQUEST_MAX_MEGABYTES
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length[:20]) > most * MEGABYTE:
            return too_large(request, most=most)
        return self.get_response(request)


class PageForWrongMethod:
    """Give the empty answer 405 a page, which says what the address takes."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            context = {"takes_a_form": "POST" in response["Allow"]}
            response.content = render_to_string("405.html", context, request)
        return response


class SignInFirst(LoginRequiredMiddleware):
    """Lead to the sign-in page, and keep what a form brings whose session has ended meanwhile."""

    def handle_no_permission(self, request, view_func):
        if request.method == "POST" and (buffer := keep_words(request)):
            return redirect_to_login(buffer.address, self.get_login_url(view_func))
        return super().handle_no_permission(request, view_func)


class OwnPasswordFirst:
    """Lead whoever came by a slip to the page where they choose a password of their own.

    Until then nothing else is open to them but signing out and the choice of the language.
    """

    OPEN = frozenset(
        {
            "account_change_password",
            "account_reset_password",
            "account_logout",
            "favicon",
            "set_language",
            "text_size",
            "live",
            "ready",
        }
    )

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.resolver_match.view_name in self.OPEN:
            return None
        user = request.user
        if not user.is_authenticated or not user.must_change_password:
            return None
        return redirect("account_change_password")
