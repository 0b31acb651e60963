"""What a proposal and the line of a paper have in common: a verdict on a model and what follows."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.days import check_not_over
from registry.forms.base import ModelForm
from registry.forms.lookups import ModelLookupField, OrganisationsLookupField
from registry.models import ClosingKind, Organisation, PracticeModel, Verdict


class AcceptedModelField(ModelLookupField):
    """A model of the register; of one that has not been accepted it says so.

    ``seen`` are the models the reader may see, given to the form's own copy of the field.
    """

    seen = PracticeModel.objects.none()

    def find(self, text):
        try:
            return super().find(text)
        except ValidationError as error:
            if error.code == "unknown" and (model := self._not_accepted(text)):
                raise ValidationError(
                    _("“%(model)s” has not been accepted."),
                    params={"model": model},
                    code="not_accepted",
                ) from None
            raise

    def _not_accepted(self, text):
        try:
            return ModelLookupField(queryset=self.seen).find(text)
        except ValidationError:
            return None


class VerdictForm(ModelForm):
    """Whoever inherits it says of which model (``model_concerned``) and on what day (``day``)."""

    take_up = OrganisationsLookupField(
        label=_("Units that should take it up"),
        required=False,
        help_text=_("The name of one organisation on each line."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, AcceptedModelField):
                field.queryset = PracticeModel.objects.ever_accepted()
                field.seen = PracticeModel.objects.visible_to(user)
        self.fields["take_up"].queryset = Organisation.objects.existing().select_related("parent")
        self.fields["verdict"].choices = Verdict.choices
        ends = (ClosingKind.COMPLETED, ClosingKind.UNSUITABLE, ClosingKind.MERGED)
        self.fields["closing_kind"].choices = [("", "---------"), *((k, k.label) for k in ends)]
        if self.instance.pk:
            self.initial["take_up"] = list(self.instance.take_up.select_related("parent"))

    @property
    def model_concerned(self):
        raise NotImplementedError

    @property
    def day(self):
        """The day from which what is said holds, None if it is not known yet."""
        raise NotImplementedError

    def clean_review_by(self):
        """Let what is recorded late say a day that was not over when it was said."""
        review_by = self.cleaned_data["review_by"]
        if review_by is not None:
            check_not_over(review_by, since=self.day)
        return review_by

    def clean_take_up(self):
        units, model = self.cleaned_data["take_up"], self.model_concerned
        for unit in units:
            if model is not None and unit.pk == model.organisation_id:
                raise ValidationError(
                    _("This is the model of “%(unit)s” itself. Leave the unit out."),
                    params={"unit": unit},
                    code="own",
                )
        return units

    def _save_m2m(self):
        """Leave the units to the verb that stores what was said as a whole."""
