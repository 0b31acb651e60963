"""What people keep of lists: filters of their own, and what they did to many models at once."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField
from registry.models.catalogues import Field
from registry.models.moves import TO_TAKE_BACK
from registry.models.practice import PracticeModel
from registry.models.verdicts import MoveRefused


class SavedFilter(models.Model):
    """A narrowed list that a person comes back to; theirs alone."""

    MOST = 20
    LONGEST = 1000

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="filters")
    name = LineField(_("name of the filter"), max_length=80)
    query = models.CharField(max_length=LONGEST)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="savedfilter_one_of_a_name")
        ]

    def __str__(self):
        return self.name

    @property
    def address(self):
        return f"{reverse('registry:practicemodel_list')}?{self.query}"

    def clean(self):
        if self.pk is None and self.user.filters.count() >= self.MOST:
            raise ValidationError(
                _("You have %(most)s filters already. Remove one you no longer need.")
                % {"most": self.MOST}
            )
        if len(self.query) > self.LONGEST:
            raise ValidationError(_("The words you look for are too long to be kept."))


class BulkAction(models.Model):
    """One thing done to many models at once: each by its own verb, each on record there.

    For ten minutes it can be taken back, model by model, as far as nobody has written since.
    """

    class Kind(models.TextChoices):
        RECEIVE = "receive", _("Accept")
        FIELD = "field", _("Put into another field")
        PUBLISH = "publish", _("Put into the open catalogue")
        HIDE = "hide", _("Take out of the open catalogue")

    # As many as are read in a preview, and done while one waits.
    MOST = 200

    kind = models.CharField(_("what was done"), max_length=20, choices=Kind)
    field = models.ForeignKey(
        Field, models.PROTECT, null=True, related_name="+", verbose_name=_("field")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    taken_back_at = models.DateTimeField(_("taken back"), null=True)

    class Meta:
        verbose_name = _("action on many models")
        verbose_name_plural = _("actions on many models")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="field", field__isnull=False) | ~Q(kind="field") & Q(field=None),
                name="bulkaction_names_its_field",
            )
        ]

    def __str__(self):
        return self.get_kind_display()

    def get_absolute_url(self):
        return reverse("registry:bulk_detail", args=[self.pk])

    # --- What it would do -------------------------------------------------------------------

    def check_sense(self, model):
        """Raise MoveRefused, with a sentence, if there is nothing to do to this model."""
        match self.kind:
            case self.Kind.RECEIVE:
                model.check_can("accept")
                model.check_endorsed()
            case self.Kind.FIELD:
                self._check_field(model)
            case self.Kind.PUBLISH:
                model.check_accepted()
                if model.public:
                    raise MoveRefused(_("It is in the open catalogue already."), code="move")
            case self.Kind.HIDE:
                if not model.public:
                    raise MoveRefused(_("It is not in the open catalogue."), code="move")

    def _check_field(self, model):
        if model.is_unsent:
            raise MoveRefused(_("It lies with its unit, which has not sent it."), code="move")
        if model.status == PracticeModel.Status.CLOSED:
            raise MoveRefused(_("It has ended."), code="move")
        if model.field_id == self.field_id:
            raise MoveRefused(_("It is in this field already."), code="move")

    def preview(self, found):
        """Return ``[(model, refusal or "")]``: what becomes of each."""
        return [(model, self._refusal(model)) for model in found]

    def _refusal(self, model):
        try:
            self.check_sense(model)
        except MoveRefused as refusal:
            return " ".join(refusal.messages)
        return ""

    # --- Doing it, and taking it back -------------------------------------------------------

    @transaction.atomic
    def carry_out(self, seen):
        """Do it to each model in the version that was seen; what changed since is left out.

        ``seen`` maps keys to versions.
        """
        self.save()
        with override("vi"):  # what is kept of it is kept in one language
            self._carry_out(seen)
        return self

    def _carry_out(self, seen):
        # Locked in the order of their keys, as a paper locks those of its lines.
        models = PracticeModel.objects.select_for_update(of=("self",)).order_by("pk")
        models = models.in_bulk(list(seen))
        for key, version in seen.items():
            change = BulkChange(action=self, model=models[key])
            change.before = str(models[key].field_id or "")
            change.left_out = self._done(models[key], version)
            change.version = models[key].version
            change.save()

    def _done(self, model, version):
        if model.version != version:
            return gettext("Somebody has saved it since.")
        try:
            with transaction.atomic():
                self.check_sense(model)
                self._do(model)
        except MoveRefused as refusal:
            return " ".join(refusal.messages)
        return ""

    def _do(self, model):
        why, version = str(self.get_kind_display()), model.version
        match self.kind:
            case self.Kind.RECEIVE:
                model.accept(by=self.by, version=version)
            case self.Kind.FIELD:
                model.field = self.field
                model.write(by=self.by, version=version, why=why)
            case _:
                model.public = self.kind == self.Kind.PUBLISH
                model.write(by=self.by, version=version, why=why)

    @property
    def can_be_taken_back(self):
        return self.taken_back_at is None and timezone.now() < self.at + TO_TAKE_BACK

    @transaction.atomic
    def take_back(self, *, by):
        """Undo it for each model that nobody has saved since. Refused after ten minutes.

        A second time it changes nothing: it is taken back already.
        """
        self.refresh_from_db(from_queryset=BulkAction.objects.select_for_update())
        if self.taken_back_at is not None:
            return
        if not self.can_be_taken_back:
            raise MoveRefused(_("It is too late to take this back."), code="move")
        with override("vi"):
            changes = self.changes.filter(left_out="").select_related("model")
            for change in changes.order_by("model_id"):
                change.left_out_again = change.undo(by=by)
                change.save()
        self.taken_back_at = timezone.now()
        self.save(update_fields=["taken_back_at"])


class BulkChange(models.Model):
    """What became of one model in an action on many."""

    action = models.ForeignKey(BulkAction, models.PROTECT, related_name="changes")
    model = models.ForeignKey(PracticeModel, models.PROTECT, related_name="+")
    before = models.CharField(max_length=20, blank=True)
    version = models.PositiveIntegerField()
    left_out = models.CharField(max_length=300, blank=True)
    left_out_again = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["action", "model"], name="bulkchange_once_a_model")
        ]

    def __str__(self):
        return f"{self.action}: {self.model}"

    def undo(self, *, by):
        """Put the model back where it was; return why not, "" if it is."""
        kind, model = self.action.kind, self.model
        model.refresh_from_db(from_queryset=PracticeModel.objects.select_for_update(of=("self",)))
        if model.version != self.version:
            return gettext("Somebody has saved it since.")
        try:
            with transaction.atomic():
                if kind == BulkAction.Kind.RECEIVE:
                    model.take_back_accept(by=by, version=self.version)
                    return ""
                if kind == BulkAction.Kind.FIELD:
                    model.field_id = int(self.before) if self.before else None
                else:
                    model.public = kind == BulkAction.Kind.HIDE
                model.write(by=by, version=self.version, why=gettext("Taken back"))
        except MoveRefused as refusal:
            return " ".join(refusal.messages)
        return ""
