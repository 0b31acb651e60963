"""How the list of models is narrowed and ordered, over what the reader may see anyway."""

from functools import cache

from django import forms
from django.db.models import Count, F
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, Filter, FilterSet

from registry.forms.base import FormLook
from registry.models import Organisation, PracticeModel, Verdict

GREATEST_KEY = 2**63 - 1

# What may be asked for in ``sort``; each ends with the key, so that pages never overlap.
ORDERS = {
    "name": (_("Name"), ("sort_key", "pk")),
    "new": (_("Newest first"), ("-pk",)),
    "unit": (
        _("Organisation"),
        ("organisation__position", "organisation__sort_key", "sort_key", "pk"),
    ),
    "code": (_("Code"), (F("code").asc(nulls_last=True), "pk")),
    "verdict": (_("Latest verdict first"), (F("verdict_on").desc(nulls_last=True), "pk")),
}


class KeyField(forms.IntegerField):
    def __init__(self, *args, **kwargs):
        kwargs.pop("null_label", None)
        super().__init__(*args, min_value=1, max_value=GREATEST_KEY, **kwargs)


class KeyFilter(Filter):
    field_class = KeyField


class FilterForm(FormLook, forms.Form):
    mark_optional = False


class PracticeModelFilter(FilterSet):
    """Narrow the catalogue. A value that is not understood narrows nothing, and is told."""

    q = CharFilter(method="search", label=_("Words"), max_length=200)
    field = KeyFilter(label=_("Field"))
    organisation = KeyFilter(method="in_subtree", label=_("Organisation and those below it"))
    kind = ChoiceFilter(
        field_name="organisation__kind", choices=Organisation.Kind, label=_("Kind of organisation")
    )
    block = ChoiceFilter(
        field_name="organisation__block", choices=Organisation.Block, label=_("Block")
    )
    level = ChoiceFilter(choices=PracticeModel.Level, label=_("Level"))
    year = KeyFilter(method="enrolled_in", label=_("Year"))
    status = ChoiceFilter(choices=PracticeModel.Status, label=_("Status"))
    verdict = ChoiceFilter(choices=Verdict, label=_("Standing verdict"))

    class Meta:
        model = PracticeModel
        form = FilterForm
        fields = (
            "q",
            "field",
            "organisation",
            "kind",
            "block",
            "level",
            "year",
            "status",
            "verdict",
        )

    def get_form_class(self):
        """Return the form, which is built once: the filters are the same at every request."""
        return _form_class()

    def search(self, queryset, name, words):
        return queryset.search(words)

    def in_subtree(self, queryset, name, key):
        return queryset.in_subtree(key)

    def enrolled_in(self, queryset, name, year):
        return queryset.enrolled_in(year) if year <= 9999 else queryset.none()

    # What can be chosen, and how many there are of each.
    COUNTED = {
        "field": "field",
        "kind": "organisation__kind",
        "block": "organisation__block",
        "level": "level",
        "status": "status",
        "verdict": "verdict",
    }

    def counts(self):
        """Return ``{filter: {value: number}}`` for what is found; one query."""
        columns = list(self.COUNTED.values())
        groups = self.qs.order_by().values_list(*columns).annotate(number=Count("pk"))
        counted = {name: {} for name in self.COUNTED}
        for *values, number in groups:
            for name, value in zip(counted, values, strict=True):
                counted[name][value] = counted[name].get(value, 0) + number
        return counted


@cache
def _form_class():
    fields = {name: each.field for name, each in PracticeModelFilter.base_filters.items()}
    return type("PracticeModelFilterForm", (FilterForm,), fields)


def ordered(queryset, sort):
    """Return the queryset in the order asked for, and the name of that order."""
    if sort not in ORDERS:
        sort = "name"
    return queryset.order_by(*ORDERS[sort][1]), sort
