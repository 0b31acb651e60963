"""The history of every record: who, when, what, why, on whose behalf, from where."""

import uuid
from contextvars import ContextVar
from functools import cache

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords
from simple_history.signals import pre_create_historical_record
from simple_history.utils import bulk_create_with_history, get_change_reason_from_object

from registry.deeds import in_words
from registry.sealing import Sealed, joined_to, seal_new

_request = ContextVar("request", default=None)


def typed_by():
    """Return who has typed what the request brings, where the account is of several people."""
    session = getattr(_request.get(), "session", None)
    return session.get("typed_by") if session is not None else None


class HistoryEntry(Sealed):
    """What an entry knows beside the record's own fields."""

    on_behalf_of = models.ForeignKey(
        "registry.Organisation",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("on behalf of"),
    )
    address = models.GenericIPAddressField(_("address"), null=True)
    request_id = models.UUIDField(_("request"), null=True)
    # Empty is NULL, so that the column is added to tables nothing else may be done to.
    typed_by = models.CharField(  # noqa: DJ001
        _("typed by"), max_length=120, null=True, default=typed_by
    )

    class Meta:
        abstract = True

    @property
    def why(self):
        """The reason of the change in the reader's words, empty if there is none."""
        return in_words(self.history_change_reason)

    def joined(self):
        # A record that is just made is joined to nothing yet.
        there = {} if self.history_type == "+" else joined_to(type(self), [self.id])
        self.is_joined = bool(there)
        return there.get(self.id, {})

    def chained_to(self):
        return self.instance_type._base_manager.filter(pk=self.id)

    def _seal_before(self):
        return "" if self.history_type == "+" else super()._seal_before()


class SealedHistoryManager(HistoryManager):
    """The library's, which seals what it writes many at a time."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class, class_name=None):
        """Make the class once: the library asks for it with every save of a record."""
        return super().from_queryset(queryset_class, class_name)

    def bulk_history_create(
        self,
        objs,
        batch_size=None,
        update=False,
        default_user=None,
        default_change_reason="",
        default_date=None,
        custom_historical_attrs=None,
    ):
        """Write the first entry of each record; those that have one are saved one by one."""
        if update:
            raise ValueError("Records that have a history are saved one by one.")
        entries = [
            self.model(
                history_date=getattr(record, "_history_date", default_date or timezone.now()),
                history_user=getattr(record, "_history_user", default_user),
                history_change_reason=get_change_reason_from_object(record)
                or default_change_reason,
                history_type="+",
                **{
                    field.attname: getattr(record, field.attname)
                    for field in self.model.tracked_fields
                },
                **(custom_historical_attrs or {}),
            )
            for record in objs
        ]
        seal_new(entries, joined_to(self.model, [entry.id for entry in entries]))
        return self.model.objects.bulk_create(entries, batch_size=batch_size)


class History(HistoricalRecords):
    """django-simple-history with our entry, and an author that outlives every account.

    The author is protected: a history that forgets who wrote it is none.
    """

    def __init__(self, **kwargs):
        kwargs.setdefault("bases", (HistoryEntry,))
        kwargs.setdefault("history_manager", SealedHistoryManager)
        kwargs.setdefault("history_change_reason_field", models.TextField(null=True))
        super().__init__(**kwargs)

    def finalize(self, sender, **kwargs):
        """Also keep what is saved through a proxy, which has signals and options of its own."""
        super().finalize(sender, **kwargs)
        if sender._meta.proxy and sender._meta.concrete_model is self.cls:
            models.signals.post_save.connect(self.post_save, sender=sender, weak=False)
            models.signals.post_delete.connect(self.post_delete, sender=sender, weak=False)
            sender._meta.simple_history_manager_attribute = self.manager_name

    def post_save(self, instance, created, using=None, update_fields=None, **kwargs):
        """Keep nothing of a save that changed nothing we keep, such as the last sign-in."""
        if update_fields and set(update_fields) <= set(self.excluded_fields):
            return
        super().post_save(instance, created, using=using, **kwargs)

    def create_historical_record_m2ms(self, history_instance, instance):
        """Ask what a record is joined to, unless the seal has found that it is nothing."""
        if history_instance.is_joined:
            super().create_historical_record_m2ms(history_instance, instance)

    def _get_history_user_fields(self):
        user = models.ForeignKey(
            "registry.User",
            models.PROTECT,
            null=True,
            related_name="+",
            verbose_name=_("author"),
        )
        return {"history_user": user}


class RecordRequest:
    """Keep the request at hand, so that each history entry can say where it came from."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.id = uuid.uuid4()
        token = _request.set(request)
        HistoricalRecords.context.request = request
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)
            del HistoricalRecords.context.request


def say_where_from(sender, instance, history_instance, **kwargs):
    """Fill what simple-history does not know; connected in ``registry.apps``."""
    history_instance.on_behalf_of = getattr(instance, "_on_behalf_of", None)
    for name, value in where_from().items():
        setattr(history_instance, name, value)


def where_from():
    """Return the entry's fields on the request that is being answered, if one is."""
    request = _request.get()
    if request is None:
        return {}
    return {"address": request.META.get("REMOTE_ADDR") or None, "request_id": request.id}


def signed_in():
    """Return who is signed in to the request that is being answered, None if nobody is."""
    user = getattr(_request.get(), "user", None)
    return user if user is not None and user.is_authenticated else None


def connect():
    pre_create_historical_record.connect(say_where_from, dispatch_uid="say_where_from")


class Recorded(models.Model):
    """A record whose every change is kept, with its author and the reason."""

    class Meta:
        abstract = True

    def save_by(self, user, *, why="", on_behalf_of=None, **kwargs):
        """Save, and put ``user``, the reason and the unit acted for on record."""
        self._history_user = user
        self._change_reason = why
        self._on_behalf_of = on_behalf_of
        self.save(**kwargs)

    save_by.alters_data = True  # type: ignore[attr-defined]


def version_of(entries):
    """Return a number that grows with each entry: for records without a version of their own.

    Never 0, which is what a page that does not say its version stands for.
    """
    return entries.count() + 1


def create_all_by(user, records, *, why=""):
    """Create many records of one class at once, each with its history as ``save_by`` writes it."""
    records = list(records)
    if not records:
        return
    bulk_create_with_history(
        records,
        type(records[0]),
        batch_size=500,
        default_user=user,
        default_change_reason=why,
        custom_historical_attrs=where_from(),
    )
