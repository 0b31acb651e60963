"""What every request passes before a view sees it."""

from django.core.exceptions import BadRequest
from django.middleware.locale import LocaleMiddleware


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
