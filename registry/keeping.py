"""No typed word is lost: forms whose words are kept on the server until they are saved.

A page shows such a form with ``keep`` in its context (``templates/includes/keep.html``). Two
hidden fields go with it: ``draft`` names the form as it was opened, ``writer`` says, signed by
us, for whom and at which address. So what is typed can be kept for its writer even when it
arrives after the session has ended, and is given back to the same person alone.
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID, uuid4

from django import forms
from django.core import signing
from django.core.exceptions import BadRequest, ValidationError
from django.forms.formsets import BaseFormSet
from django.http import QueryDict
from django.utils.translation import gettext as _

from registry.files import MultipleFileField
from registry.models import DraftBuffer

# What a form sends beside the answers.
NOT_WORDS = frozenset(
    {
        "csrfmiddlewaretoken",
        "writer",
        "draft",
        "token",
        "sealed",
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
    """A form whose words are kept. ``buffer`` holds what is given back in it, if anything is,
    and ``files`` the names of files that were chosen with it.
    """

    user: object
    path: str
    draft: UUID
    buffer: DraftBuffer | None = None
    files: list = field(default_factory=list)

    @property
    def writer(self):
        return signing.dumps({"user": self.user.pk, "path": self.path}, salt=SALT)

    @property
    def version(self):
        """The version of the record that the words were written on."""
        return self.buffer.version if self.buffer else None

    @property
    def typed(self):
        """What is given back, as the form would send it."""
        typed = QueryDict(mutable=True)
        for name, values in self.buffer.content.items() if self.buffer else ():
            typed.setlist(name, values)
        return typed

    def others(self):
        """Return what else the person has typed here and not saved, newest first."""
        unsaved = DraftBuffer.objects.unsaved().filter(user=self.user, path=self.path)
        return unsaved.exclude(opened=self.draft)[:3]

    def give_back(self, *pages):
        """Put the kept words into forms or formsets that were not sent, as they were typed."""
        typed = self.typed
        self.files += self.buffer.files
        for page in pages:
            rows = _rows(page, typed) if isinstance(page, BaseFormSet) else [(page, page.prefix)]
            for form, prefix in rows:
                self._give_back_to(form, prefix, typed)

    def _give_back_to(self, form, prefix, typed):
        for name, form_field in form.fields.items():
            widget, sent_as = form_field.widget, f"{prefix}-{name}" if prefix else name
            if isinstance(widget, forms.FileInput):
                # A change of language or size sends the names alone, and so does the script.
                self.files += filter(None, typed.getlist(sent_as))
            elif not widget.is_hidden and not widget.value_omitted_from_data(typed, {}, sent_as):
                form.initial[name] = widget.value_from_datadict(typed, {}, sent_as)


def _rows(formset, typed):
    """Yield the rows of a formset, each with the prefix it was typed under.

    By its record, where others have put rows before it since; new rows go into the empty ones.
    """
    number = min(_number(typed.get(f"{formset.prefix}-TOTAL_FORMS")) or 0, formset.absolute_max)
    keys = {
        prefix: typed.get(f"{prefix}-id", "") for prefix in map(formset.add_prefix, range(number))
    }
    stored = {str(row.instance.pk): row for row in formset if row.instance.pk}
    empty = iter([row for row in formset if not row.instance.pk])
    for prefix, key in keys.items():
        if row := stored.get(key) or next(empty, None):
            yield row, prefix


def keep_for(request, *pages, path=None, version=None):
    """Return the ``keep`` of a page with forms or a formset, and give back what was typed there.

    A page that comes back from a sending stays the same opened form, unless what it brought is
    stored; ``path`` is then the address of the record's own form. ``version`` is that of a record
    which is edited: what its reader has begun on this very version comes back without a question.
    """
    path = path or request.path
    if request.method == "POST":
        return Keep(request.user, path, _draft_that_comes_back(request, pages) or uuid4())
    unsaved = DraftBuffer.objects.unsaved().filter(user=request.user, path=path)
    if asked_for := _uuid(request.GET.get("draft")):
        buffer = unsaved.filter(opened=asked_for).first()
    else:
        begun = unsaved[:2] if version is not None else ()
        buffer = begun[0] if len(begun) == 1 and begun[0].version == version else None
    keep = Keep(request.user, path, buffer.opened if buffer else uuid4(), buffer)
    if buffer:
        keep.give_back(*pages)
    return keep


def _draft_that_comes_back(request, pages):
    """Return the draft of a page that was sent and is shown again, None if it holds no more."""
    if getattr(request, "words_are_saved", False):
        rest = getattr(request, "rest_is_kept", None)
        return rest and rest.opened
    for form in pages:
        if isinstance(form, forms.BaseForm):
            _ask_for_files_again(request, form)
    draft = _uuid(request.POST.get("draft"))
    spent = DraftBuffer.objects.filter(user=request.user, opened=draft, stored_at__isnull=False)
    return None if draft is None or spent.exists() else draft


def _ask_for_files_again(request, form):
    """Say which good files are lost with a page that is not stored: a browser forgets them."""
    for name, form_field in form.fields.items():
        if not isinstance(form_field, MultipleFileField):
            continue
        if form.files:
            lost = [checked.original_name for checked in form_field.accepted]
        else:
            # The form is another one than that which was sent.
            lost = [upload.name for upload in request.FILES.getlist(form.add_prefix(name))]
        if lost:
            sentence = _("Choose these again: %(files)s.") % {"files": ", ".join(lost)}
            form.add_error(name, ValidationError(sentence, code="again"))


def keep_words(request):
    """Keep what a refused sending has brought, for the person the form was shown to.

    Return the buffer; None if the request brings no such form, or not as we have signed it. A
    form that was stored before and has been gone back to since is kept as another one.
    """
    draft = _uuid(request.POST.get("draft"))
    buffer = _keep(request, draft)
    return _keep(request, uuid4()) if buffer and buffer.stored_at else buffer


def _keep(request, draft):
    writer = _writer(request)
    if draft is None or writer is None:
        return None
    return DraftBuffer.objects.keep(
        writer["user"],
        draft,
        path=writer["path"],
        content=_words(request),
        files=_names_of_files(request),
        version=_number(request.POST.get("version")),
    )


def _words(request):
    # PostgreSQL stores no NUL in JSON; no field of ours takes one either.
    return {
        name.replace("\0", ""): [value.replace("\0", "") for value in values]
        for name, values in request.POST.lists()
        if name not in NOT_WORDS
    }


def _names_of_files(request):
    return [upload.name for _name, uploads in request.FILES.lists() for upload in uploads]


def keep_own_words(request):
    """Keep what is in a form that is being written by somebody signed in; refuse what another
    person's form sends, and drop what comes after the form was stored.
    """
    writer = _writer(request)
    if writer is None or writer["user"] != request.user.pk:
        raise BadRequest("Not a form of this person.")
    if (buffer := _keep(request, _uuid(request.POST.get("draft")))) is None:
        raise BadRequest("Not a form whose words are kept.")
    return buffer


def words_are_saved(request):
    """Empty the buffer of the form that was sent: what it brought is stored."""
    request.words_are_saved = True
    draft, writer = _uuid(request.POST.get("draft")), _writer(request)
    if draft and writer == {"user": request.user.pk, "path": request.path}:
        DraftBuffer.objects.empty(request.user, draft, path=request.path)


def keep_rest(request, *, path, version, files_too=False):
    """Keep what a form brought that is not in the record, which was stored without it.

    As another opened form, at the record's own address. ``version`` is that of the record it is
    to be written on; ``files_too`` says that the files are not stored either. Return the buffer.
    """
    words_are_saved(request)
    content, files = _words(request), _names_of_files(request) if files_too else []
    same = DraftBuffer.objects.unsaved().filter(user=request.user, path=path, content=content)
    opened = buffer.opened if (buffer := same.first()) else uuid4()
    request.rest_is_kept = DraftBuffer.objects.keep(
        request.user.pk, opened, path=path, content=content, files=files, version=version
    )
    return request.rest_is_kept


class LetGoOfSavedWords:
    """Middleware: a form that leads on to another page has been stored, if a view has taken it.

    It stands last, so that it hears of no view where another middleware leads somewhere else.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.is_taken_by_a_view = False
        response = self.get_response(request)
        leads_on = request.method == "POST" and response.status_code == HTTPStatus.FOUND
        if leads_on and request.is_taken_by_a_view:
            words_are_saved(request)
        return response

    def process_view(self, request, view, args, kwargs):
        request.is_taken_by_a_view = True


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
