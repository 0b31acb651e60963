"""What every request passes before a view sees it."""

import ipaddress
import logging
from http import HTTPStatus
from time import perf_counter

from allauth.account.authentication import get_authentication_records as _records
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, MiddlewareNotUsed
from django.http import Http404, HttpResponseNotAllowed
from django.middleware.locale import LocaleMiddleware
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.defaults import page_not_found
from whitenoise.middleware import WhiteNoiseFileResponse

from registry.access import led_away
from registry.files import MEGABYTE
from registry.keeping import keep_words
from tamky_models.errors import too_large
from tamky_models.logs import answering

access = logging.getLogger("tamky_models.access")


class LogRequest:
    """Write one line for each request, and send its number back with the answer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        started = perf_counter()
        token = answering.set(request)
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = str(request.id)
            status = response.status_code
            # A monitor asks every few seconds; that all is well is no news.
            is_news = not request.path.startswith("/healthz/") or status != HTTPStatus.OK
            access.log(
                logging.INFO if is_news else logging.DEBUG,
                "%s %s %s",
                request.method,
                request.path,
                status,
                extra={"status": status, "duration_ms": round(1000 * (perf_counter() - started))},
            )
            return response
        finally:
            answering.reset(token)


# What a page of the register may never ask a browser for; a key that signs one in, it may.
SWITCHED_OFF = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "xr-spatial-tracking",
)
ON_EVERY_ANSWER = {
    "Content-Security-Policy": settings.CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        [f"{feature}=()" for feature in SWITCHED_OFF]
        + [f"publickey-credentials-{what}=(self)" for what in ("create", "get")]
    ),
}


class CarefulHeaders:
    """Tell the browser what it may do with an answer, whoever of those further in has given it.

    Nothing but the files of the pages themselves is kept by a browser: the PC may be shared, and
    nearly every page has a form with a token. Signing out also clears what was kept before; never
    the browser's storage, where words may wait that their writer has not saved.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        for name, value in ON_EVERY_ANSWER.items():
            response.headers.setdefault(name, value)
        if isinstance(response, WhiteNoiseFileResponse):
            return response
        if "no-store" not in response.headers.get("Cache-Control", ""):
            response.headers["Cache-Control"] = "private, no-store"
        session = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if session is not None and not session.value:
            response.headers["Clear-Site-Data"] = '"cache"'
        return response


class HeadersAlone:
    """Answer HEAD with the headers alone; a server complains of each body it has to throw away."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.method == "HEAD":
            if response.streaming:
                response.streaming_content = ()
            else:
                response.content = b""
        return response


class ClientAddress:
    """Put the visitor's own address where everybody looks for it: history, events and throttle.

    Only what our own proxies have added to ``X-Forwarded-For`` is believed; a visitor may write
    into it whatever they like. Without a proxy, or with less than it adds, nothing is changed.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        trusted = settings.TRUSTED_PROXY_COUNT
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if trusted and len(hops) >= trusted and (address := _address(hops[-trusted])):
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def _address(hop):
    """Return the address of a hop, None if it is none."""
    try:
        return str(ipaddress.ip_address(hop.strip()))
    except ValueError:
        return None


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


class RefuseStrangeMethods:
    """Answer 405 to TRACE and to methods nobody knows, also where one would be sent to sign in."""

    KNOWN = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.method in self.KNOWN:
            return None
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])


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


class PageForWrongAddress:
    """Show the page of a 404 with DEBUG on too, for who tries the demonstration is no programmer.

    Django answers with its own then, in English; it has no setting for it.
    """

    def __init__(self, get_response):
        if not settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return page_not_found(request, Http404())
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
        # Who came by the committee's directory has used no password at all.
        if any(each["method"] == "socialaccount" for each in _records(request, user)):
            return None
        return led_away(request, reverse("account_change_password"))
