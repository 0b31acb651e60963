"""What is read of a model before it is judged: its text, and what is new in it since last year."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.text import capfirst

from registry.admin.words import NOTHING, in_words
from registry.models import Enrolment, Outcome, PracticeModel
from reviews.models import DecisionLine

TEXTS = (
    *("name", "reason", "approach", "place", "beneficiaries", "started", "expected_results"),
    *("results", "difficulties", "lessons", "replicability"),
)
# As it stood in the register: nobody judges by what was still a draft.
REGISTERED = (PracticeModel.Status.RUNNING, PracticeModel.Status.CLOSED)


@dataclass
class Judged:
    """A model as the panel reads it.

    ``rows`` are its texts: label, words, and what stood there at the end of last year where that
    was something else, which can be told if ``has_before``. ``is_new`` says that the model was in
    no earlier year's register, ``is_with_its_unit`` that its text is nobody else's to read now.
    ``figures`` are its outcomes, last year's beside this year's; ``last`` is the line that
    stands.
    """

    year: int
    is_new: bool = False
    has_before: bool = False
    is_with_its_unit: bool = False
    rows: list = field(default_factory=list)
    figures: list = field(default_factory=list)
    photos: list = field(default_factory=list)
    last: DecisionLine | None = None

    @property
    def last_year(self):
        return self.year - 1

    @property
    def changed(self):
        return [row for row in self.rows if row["before"]]


def judged(model, user):
    """Return what ``user`` reads of a model, None of an item that has no model."""
    if model is None:
        return None
    year = timezone.localdate().year
    if model.is_with_its_unit:
        return Judged(year=year, is_with_its_unit=True)
    before = _at_the_end_of(year - 1, model)
    lines = DecisionLine.objects.visible_to(user).filter(model=model).issued()
    return Judged(
        year=year,
        is_new=not model.enrolments.filter(year__lt=year, accepted_at__isnull=False).exists(),
        has_before=before is not None,
        rows=list(_rows(model, before)),
        figures=_figures(model, year),
        photos=list(model.evidence.photos()),
        last=lines.latest_first().select_related("decision").first(),
    )


def _at_the_end_of(year, model):
    """Return the entry of the history that stood when the year ended, if it was registered."""
    new_year = datetime(year + 1, 1, 1, tzinfo=timezone.get_current_timezone())
    entries = model.history.filter(history_date__lt=new_year, status__in=REGISTERED)
    return entries.order_by("-history_id").first()


def _rows(model, before):
    for name in TEXTS:
        told = model._meta.get_field(name)
        words = in_words(told, getattr(model, name))
        then = in_words(told, getattr(before, name)) if before else words
        if words != NOTHING or then != NOTHING:
            label = capfirst(told.verbose_name)
            other = then if then != words else ""
            yield {"name": name, "label": label, "words": words, "before": other}


def _figures(model, year):
    """Return a row for each indicator: what was achieved last year, and this year so far."""
    sent = Enrolment.objects.filter(model=model, sent_at__isnull=False)
    outcomes = Outcome.objects.filter(enrolment__in=sent.filter(year__in=[year - 1, year]))
    found = {}
    for outcome in outcomes.select_related("indicator", "enrolment").order_by(
        "indicator__position", "indicator", "pk"
    ):
        row = found.setdefault(outcome.indicator, {"last": None, "this": None, "planned": None})
        if outcome.enrolment.year == year:
            row["this"], row["planned"] = outcome.achieved, outcome.planned
        else:
            row["last"] = outcome.achieved
    return [{"indicator": indicator, **row} for indicator, row in found.items()]
