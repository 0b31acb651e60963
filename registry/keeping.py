"""No typed word is lost: forms whose words are kept on the server until they are saved.

A page shows such a form with ``keep`` in its context (``templates/includes/keep.html``). Two
hidden fields go with it: ``draft`` names the form as it was opened, ``writer`` says, signed by
us, for whom and at which address. So what is typed can be kept for its writer even when it
arrives after the session has ended, and is given back to the same person alone.
"""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID, uuid4

from django import forms
from django.core import signing
from django.core.exceptions import BadRequest
from django.http import QueryDict

from registry.models import DraftBuffer

# What a form sends beside the answers.
NOT_WORDS = frozenset(
    {
        "csrfmiddlewaretoken",
        "writer",
        "draft",
        "token",
        "version",
        "action",
        "language",
        "size",
        "take",
    }
)
# A page may be open for a long week.
GOOD_FOR_SECONDS = 8 * 24 * 60 * 60
SALT = "registry.keeping"


@dataclass
class Keep:
    """A form whose words are kept. ``buffer`` holds what is given back in it, if anything is."""

    user: object
    path: str
    draft: UUID
    buffer: DraftBuffer | None = None

    @property
    def writer(self):
        return signing.dumps({"user": self.user.pk, "path": self.path}, salt=SALT)

    @property
    def version(self):
        """The version of the record that the words were written on."""
        return self.buffer.version if self.buffer else None

    def others(self):
        """Return what else the person has typed here and not saved, newest first."""
        unsaved = DraftBuffer.objects.unsaved().filter(user=self.user, path=self.path)
        return unsaved.exclude(opened=self.draft)[:3]

    def give_back(self, form):
        """Put the kept words into a form that was not sent, as they were typed."""
        if self.buffer is None:
            return
        typed = QueryDict(mutable=True)
        for name, values in self.buffer.content.items():
            typed.setlist(name, values)
        for name, field in form.fields.items():
            if not isinstance(field.widget, (forms.FileInput, forms.HiddenInput)):
                form.initial[name] = field.widget.value_from_datadict(
                    typed, {}, form.add_prefix(name)
                )


def keep_for(request, form, *, path=None, is_stored=False):
    """Return the ``keep`` of a page with a form, and give the form back what was typed.

    A page that comes back from a sending stays the same opened form, unless what it brought is
    stored; ``path`` is then the address of the record's own form.
    """
    path = path or request.path
    if request.method == "POST":
        draft = None if is_stored else _uuid(request.POST.get("draft"))
        return Keep(request.user, path, draft or uuid4())
    asked_for = _uuid(request.GET.get("draft"))
    unsaved = DraftBuffer.objects.unsaved().filter(user=request.user, path=path)
    buffer = unsaved.filter(opened=asked_for).first() if asked_for else None
    keep = Keep(request.user, path, buffer.opened if buffer else uuid4(), buffer)
    keep.give_back(form)
    return keep


def keep_words(request):
    """Keep what a form has sent, for the person it was shown to; return the buffer.

    None if the request brings no such form, or not as we have signed it.
    """
    draft, writer = _uuid(request.POST.get("draft")), _writer(request)
    if draft is None or writer is None:
        return None
    # PostgreSQL stores no NUL in JSON; no field of ours takes one either.
    words = {
        name.replace("\0", ""): [value.replace("\0", "") for value in values]
        for name, values in request.POST.lists()
        if name not in NOT_WORDS
    }
    files = [upload.name for _name, uploads in request.FILES.lists() for upload in uploads]
    return DraftBuffer.objects.keep(
        writer["user"],
        draft,
        path=writer["path"],
        content=words,
        files=files,
        version=_number(request.POST.get("version")),
    )


def keep_own_words(request):
    """Like :func:`keep_words`, of somebody signed in; refuse what another person's form sends."""
    writer = _writer(request)
    if writer is None or writer["user"] != request.user.pk:
        raise BadRequest("Not a form of this person.")
    if (buffer := keep_words(request)) is None:
        raise BadRequest("Not a form whose words are kept.")
    return buffer


def words_are_saved(request):
    """Empty the buffer of the form that was sent: what it brought is stored."""
    draft, writer = _uuid(request.POST.get("draft")), _writer(request)
    if draft and writer == {"user": request.user.pk, "path": request.path}:
        DraftBuffer.objects.empty(request.user, draft, path=request.path)


class LetGoOfSavedWords:
    """Middleware: a form that leads on to another page has been stored."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
            words_are_saved(request)
        return response


def _writer(request):
    try:
        return signing.loads(request.POST.get("writer", ""), salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        return None


def _uuid(text):
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _number(text):
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
