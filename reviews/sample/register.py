"""Stores drawn models in bulk: 5,000 at a time, each with its keys, its code and its history.

``save`` is passed by, so what it does is done here: keys, codes, dates of beginning and change.
Reviewed models get their lines on papers, which are issued when all lines are there.
"""

import random
from collections import Counter

from django.db import reset_queries
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from registry.models import (
    Award,
    Enrolment,
    Field,
    Indicator,
    Move,
    Movement,
    Note,
    Outcome,
    PracticeModel,
    Sequence,
)
from registry.sealing import seal_new
from registry.setup import INDICATORS, MOVEMENTS
from reviews.models import Decision, DecisionLine
from reviews.sample import words
from reviews.sample.drawing import Drawer, paper_date
from reviews.sample.units import WHY

BATCH = 5_000
ROWS_A_STATEMENT = 500
LINES_A_PAPER = 500


def fill(committee, count, *, seed, year, told=lambda stored: None):
    """Draw and store so many models."""
    drawer = Drawer(random.Random(seed), year, committee, **_lists())  # noqa: S311
    papers = Papers(committee.clerk)
    for start in range(0, count, BATCH):
        batch = [drawer.draw() for _ in range(min(BATCH, count - start))]
        _store(batch, papers, committee.clerk)
        reset_queries()  # which DEBUG would keep, statement by statement
        told(start + len(batch))
    papers.issue()


def _lists():
    """Return the lists of the register by name, with what somebody may have renamed."""
    fields = {name: Field.objects.get_or_create(name=name)[0] for name in words.THEMES}
    movements = [Movement.objects.get_or_create(name=name)[0] for name in MOVEMENTS]
    indicators = {
        name: Indicator.objects.get_or_create(
            name=name, defaults={"unit": unit, "is_cumulative": cumulative}
        )[0]
        for name, unit, cumulative in INDICATORS
    }
    return {"fields": fields, "movements": movements, "indicators": indicators}


def _store(batch, papers, clerk):
    _give_codes(batch)
    models = [drawn.model for drawn in batch]
    for drawn in batch:
        drawn.model.fill_keys()
        drawn.model._history_user = drawn.begun_by
    PracticeModel.objects.bulk_create(models, batch_size=ROWS_A_STATEMENT)
    _set_dates(batch)
    joined = _join_movements(batch)
    entries = PracticeModel.history.bulk_history_create(
        models, batch_size=ROWS_A_STATEMENT, default_change_reason=WHY
    )
    _remember_movements(joined, entries)
    for drawn in batch:
        for enrolment in drawn.enrolments:
            enrolment._history_user = drawn.begun_by
    _insert(Enrolment, [each for drawn in batch for each in drawn.enrolments], clerk)
    moves = [move for drawn in batch for move in drawn.moves]
    for move in moves:
        move.model_id = move.model.pk
    seal_new(moves)
    Move.objects.bulk_create(moves, batch_size=ROWS_A_STATEMENT)
    for kind, name in ((Outcome, "outcomes"), (Award, "awards"), (Note, "notes")):
        _insert(kind, [each for drawn in batch for each in getattr(drawn, name)], clerk)
    lines = [papers.take(drawn) for drawn in batch if drawn.line]
    _insert(DecisionLine, lines, clerk)


def _insert(kind, records, clerk):
    bulk_create_with_history(
        records,
        kind,
        batch_size=ROWS_A_STATEMENT,
        default_user=clerk,
        default_change_reason=WHY,
    )


def _give_codes(batch):
    """Number what was sent, by the year it was sent in."""
    sent = [drawn.model for drawn in batch if drawn.model.submitted_at]
    years = [timezone.localtime(model.submitted_at).year for model in sent]
    numbers = {
        year: iter(range(first := Sequence.take(f"models of {year}", count), first + count))
        for year, count in sorted(Counter(years).items())
    }
    for model, year in zip(sent, years, strict=True):
        model.code = PracticeModel.code_of(year, next(numbers[year]))


def _join_movements(batch):
    """Join models and movements; return the rows."""
    through = PracticeModel.movements.through
    return through.objects.bulk_create(
        [
            through(practicemodel_id=drawn.model.pk, movement_id=drawn.movement.pk)
            for drawn in batch
            if drawn.movement
        ],
        batch_size=ROWS_A_STATEMENT,
    )


def _remember_movements(joined, entries):
    """Write them into the history of each model, as it began."""
    began = {entry.id: entry.pk for entry in entries}
    m2m_history = PracticeModel.history.model.movements.model
    m2m_history.objects.bulk_create(
        [
            m2m_history(
                id=row.pk,
                history_id=began[row.practicemodel_id],
                practicemodel_id=row.practicemodel_id,
                movement_id=row.movement_id,
            )
            for row in joined
        ],
        batch_size=ROWS_A_STATEMENT,
    )


def _set_dates(batch):
    """Let each have begun when it was sent and changed when it moved, not all just now."""
    for drawn in batch:
        if drawn.moves:
            drawn.model.created_at = drawn.moves[0].at
            drawn.model.updated_at = drawn.moves[-1].at
    moved = [drawn.model for drawn in batch if drawn.moves]
    PracticeModel.objects.bulk_update(
        moved, ["created_at", "updated_at"], batch_size=ROWS_A_STATEMENT
    )


class Papers:
    """The papers of past reviews, a new one as soon as one is long enough."""

    def __init__(self, clerk):
        self.clerk, self.written, self.open = clerk, [], {}

    def take(self, drawn):
        """Put the model's line on a paper of its year; return the line."""
        paper, lines = self.open.get(drawn.line_year, (None, LINES_A_PAPER))
        if lines == LINES_A_PAPER:
            paper, lines = self._begin(drawn.line_year), 0
        self.open[drawn.line_year] = paper, lines + 1
        drawn.line.decision, drawn.line.position = paper, lines + 1
        return drawn.line

    def _begin(self, year):
        number = len(self.written) + 1
        paper = Decision(
            kind=Decision.Kind.NOTICE,
            subject=f"Kết quả rà soát mô hình năm {year} (dữ liệu mẫu)",
            number=f"{number:02d}-TB/MAU",
            dated=paper_date(year),
            signatory="Nguyễn Văn Mẫu",
            signatory_position="Phó Bí thư",
            is_sample=True,
        )
        paper.save_by(self.clerk, why=WHY)
        self.written.append(paper)
        return paper

    def issue(self):
        """Let the papers stand. Their models were stored as the lines left them."""
        for paper in self.written:
            paper.issued_at = paper.published_at = timezone.now()
            paper.recorded_by = self.clerk
            paper.version += 1
            paper.save_by(self.clerk, why="issue")
