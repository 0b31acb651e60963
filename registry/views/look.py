"""How the pages look to one reader, in one browser."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

A_YEAR = 365 * 24 * 60 * 60


def is_large(request):
    """Say whether the reader has asked for larger text."""
    return request.COOKIES.get(settings.TEXT_SIZE_COOKIE_NAME) == "large"


@login_not_required
@require_POST
def text_size(request):
    """Show all pages in larger text, or in the usual one again; the browser remembers."""
    back = request.POST.get("next", "")
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(back, hosts, request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    name = settings.TEXT_SIZE_COOKIE_NAME
    if request.POST.get("size") == "large":
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(name, "large", max_age=A_YEAR, secure=secure, samesite="Lax")
    else:
        response.delete_cookie(name, samesite="Lax")
    return response
