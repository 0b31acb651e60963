"""Draws one model after the other: what it says, and the years it has gone through."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from registry.models import (
    Award,
    ClosingKind,
    Enrolment,
    Move,
    Movement,
    Note,
    Outcome,
    PracticeModel,
    User,
)
from reviews.models import DecisionLine
from reviews.sample import words

Status = PracticeModel.Status
ENROLLED_FOR_THE_FIRST_TIME = {"years ago": (3, 2, 1, 0), "weights": (20, 20, 25, 35)}
FIRST_YEAR_STATUS = {
    Status.RUNNING: 64,
    Status.SUBMITTED: 15,
    Status.DRAFT: 12,
    Status.RETURNED: 6,
    Status.CLOSED: 3,
}
VERDICTS = {"maintain": 45, "replicate": 20, "strengthen": 20, "retire": 12, "survey": 3}
# What the unit of the demo account has, whatever the seed: (years ago, status).
OF_THE_DEMO_CELL = (
    (2, Status.RUNNING),
    (1, Status.RUNNING),
    (0, Status.RETURNED),
    (0, Status.DRAFT),
    (0, Status.SUBMITTED),
)


@dataclass
class Drawn:
    """A model and what hangs on it, none of it stored yet."""

    model: PracticeModel
    theme: words.Theme
    begun_by: User
    enrolments: list = field(default_factory=list)
    moves: list = field(default_factory=list)
    outcomes: list = field(default_factory=list)
    awards: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    line: DecisionLine | None = None
    line_year: int | None = None
    movement: Movement | None = None


class Drawer:
    """One seed, one year, one committee: the same models every time, on the same day."""

    def __init__(self, rng, year, committee, *, fields, movements, indicators):
        self.rng, self.year, self.committee = rng, year, committee
        self.fields, self.movements, self.indicators = fields, movements, indicators
        self.last_day = last_day_of(year)
        self.drawn = 0

    def draw(self):
        forced = OF_THE_DEMO_CELL[self.drawn] if self.drawn < len(OF_THE_DEMO_CELL) else None
        self.drawn += 1
        years_ago, status = forced or self._road()
        unit = self.committee.cells[0] if forced else self.rng.choice(self.committee.units)
        first = self.year - years_ago
        drawn = self._text(unit, first, accepted=status == Status.RUNNING)
        self._register(drawn, first, status)
        if status == Status.RUNNING:
            if not forced:
                self._review(drawn, first)
            self._continue(drawn, first)
            self._decorate(drawn)
        return drawn

    def _road(self):
        [years_ago] = self.rng.choices(
            ENROLLED_FOR_THE_FIRST_TIME["years ago"], ENROLLED_FOR_THE_FIRST_TIME["weights"]
        )
        [status] = self.rng.choices(list(FIRST_YEAR_STATUS), list(FIRST_YEAR_STATUS.values()))
        if years_ago and status != Status.CLOSED:
            status = Status.RUNNING
        return years_ago, status

    # --- What it says -----------------------------------------------------------------------

    def _text(self, unit, first, *, accepted):
        rng = self.rng
        field_name = rng.choice(list(words.THEMES))
        theme = rng.choice(words.THEMES[field_name])
        ending, place = rng.choice(words.ENDINGS), unit.place or "đơn vị"
        individual = rng.random() < 0.08
        seasoned = accepted and first < self.year and rng.random() < 0.7
        model = PracticeModel(
            name=f"{rng.choice(theme.names)} {ending.format(place=place)}".strip(),
            organisation=unit,
            organisation_name=unit.name,
            subject="individual" if individual else "collective",
            individual_name=self._person() if individual else "",
            field=self.fields[field_name],
            level=rng.choices(("grassroots", "city", "province"), (85, 13, 2))[0],
            is_pilot=rng.random() < 0.05,
            public=accepted and rng.random() < 0.7,
            reason=theme.reason,
            approach=f"{theme.approach} {rng.choice(words.PREPARED)}",
            place=unit.place or unit.name,
            beneficiaries=theme.who,
            started=f"{first}{rng.choice(('', '-01', '-03', '-03-26'))}",
            expected_results=theme.goal,
            contact_name=self._person(),
            contact_position="Bí thư" if unit.is_cell else "Phụ trách",
            contact_phone=f"0000 000 {rng.randrange(1_000):03d}",
            results=rng.choice(words.RESULTS) if seasoned else "",
            difficulties=rng.choice(words.DIFFICULTIES) if seasoned else "",
            lessons=rng.choice(words.LESSONS) if seasoned else "",
        )
        drawn = Drawn(model, theme, begun_by=self._sender(unit))
        if rng.random() < 0.6:
            drawn.movement = rng.choice(self.movements)
        return drawn

    def _person(self):
        """Return the name of nobody: everybody's given name is Mẫu."""
        family, middle = self.rng.choice(words.FAMILY_NAMES), self.rng.choice(words.MIDDLE_NAMES)
        return f"{family} {middle} Mẫu"

    def _sender(self, unit):
        return self.committee.senders.get(unit.pk, self.committee.clerk)

    # --- What it has gone through -----------------------------------------------------------

    def _day(self, first, last):
        """Return a moment of a working day between two days, before the last day of all."""
        last = min(last, self.last_day - timedelta(days=1))
        span = max((last - first).days, 0)
        day = min(first, last) + timedelta(days=int(self.rng.random() * (span + 1)))
        at = time(self.rng.randrange(7, 17), self.rng.randrange(60))
        return timezone.make_aware(datetime.combine(day, at))

    def _register(self, drawn, first, status):
        model, sender, clerk = drawn.model, drawn.begun_by, self.committee.clerk
        model.status = status
        enrolment = self._enrol(drawn, first, Enrolment.Kind.NEW)
        if status == Status.DRAFT:
            return
        waits = status in {Status.SUBMITTED, Status.RETURNED}
        start = self.last_day - timedelta(days=20) if waits else date(first, 1, 10)
        sent = self._day(start, date(self.year, 12, 31) if waits else date(first, 3, 31))
        answered = self._day(sent.date() + timedelta(days=2), sent.date() + timedelta(days=20))
        answered = max(answered, sent)
        model.submitted_at = sent
        self._move(drawn, "submit", sent, sender)
        enrolment.sent_at, enrolment.sent_by = sent, sender
        if status == Status.RETURNED:
            enrolment.sent_at = enrolment.sent_by = None
            due = self.last_day + timedelta(days=10)
            reason = self.rng.choice(words.RETURNED)
            self._move(drawn, "send_back", answered, clerk, reason=reason, due=due)
        elif status == Status.CLOSED:
            model.closing_kind = ClosingKind.NOT_ACCEPTED
            self._move(drawn, "refuse", answered, clerk, reason=self.rng.choice(words.REFUSED))
        elif status == Status.RUNNING:
            model.accepted_at, model.accepted_by = answered, clerk
            self._move(drawn, "accept", answered, clerk)
            self._accept(drawn, enrolment, answered)

    def _move(self, drawn, name, at, by, **record):
        came_from, (_starts, to) = Status.DRAFT, PracticeModel.MOVES[name]
        if drawn.moves:
            came_from = drawn.moves[-1].to_status
        on_behalf_of = self._on_behalf_of(drawn, by) if name == "submit" else None
        drawn.moves.append(
            Move(
                model=drawn.model,
                name=name,
                from_status=came_from,
                to_status=to,
                at=at,
                by=by,
                on_behalf_of=on_behalf_of,
                **record,
            )
        )
        drawn.model.version += 1

    def _on_behalf_of(self, drawn, by):
        return drawn.model.organisation if by == self.committee.clerk else None

    def _enrol(self, drawn, year, kind):
        enrolment = Enrolment(
            model=drawn.model,
            year=year,
            kind=kind,
            entered_by=drawn.begun_by,
            on_behalf_of=self._on_behalf_of(drawn, drawn.begun_by),
        )
        drawn.enrolments.append(enrolment)
        return enrolment

    def _accept(self, drawn, enrolment, at):
        """Accept an enrolment, most of those from below a grassroots committee endorsed."""
        above = self.committee.senders.get(drawn.model.organisation.parent_id)
        if above and self.rng.random() < 0.8:
            enrolment.endorsed_at, enrolment.endorsed_by = enrolment.sent_at, above
        enrolment.accepted_at, enrolment.accepted_by = at, self.committee.clerk
        if self.rng.random() < 0.7:
            self._count(drawn, enrolment)

    def _count(self, drawn, enrolment):
        """Say what was planned for the year and, once it is over, what came of it."""
        low, high, step = words.AMOUNTS[drawn.theme.indicator]
        planned = self.rng.randrange(low, high, step)
        reached = int(planned * self.rng.uniform(0.6, 1.3))
        drawn.outcomes.append(
            Outcome(
                enrolment=enrolment,
                indicator=self.indicators[drawn.theme.indicator],
                planned=planned,
                achieved=reached if enrolment.year < self.year else None,
            )
        )

    def _continue(self, drawn, first):
        """Enrol the model for the years after its first, most years."""
        until = drawn.line_year if drawn.model.status == Status.CLOSED else self.year
        for year in range(first + 1, until + 1):
            if self.rng.random() > 0.85:
                continue
            enrolment = self._enrol(drawn, year, Enrolment.Kind.CONTINUED)
            stage = self.rng.random() if year == self.year else 1
            if stage < 0.2:
                continue
            sent = self._day(date(year, 1, 10), date(year, 2, 28))
            enrolment.sent_at, enrolment.sent_by = sent, drawn.begun_by
            if stage >= 0.4:
                accepted = self._day(date(year, 3, 1), date(year, 3, 31))
                self._accept(drawn, enrolment, max(sent, accepted))

    def _review(self, drawn, first):
        """Let a paper of a past year say something of nearly half the models."""
        years = [year for year in (self.year - 2, self.year - 1) if year >= first]
        if not years or self.rng.random() > 0.45:
            return
        drawn.line_year = self.rng.choice(years)
        [verdict] = self.rng.choices(list(VERDICTS), list(VERDICTS.values()))
        retire, closing = self.rng.choice(words.RETIRE) if verdict == "retire" else ("", "")
        model, on = drawn.model, paper_date(drawn.line_year)
        model.verdict, model.verdict_on, model.closing_kind = verdict, on, closing
        if verdict == "strengthen" and drawn.line_year == self.year - 1:
            model.review_by = self.last_day + timedelta(days=20)
        drawn.line = DecisionLine(
            model=model,
            verdict=verdict,
            reason=words.REASONS[verdict],
            retire_reason=retire,
            closing_kind=closing,
            review_by=model.review_by,
        )
        if closing:
            at = timezone.make_aware(datetime.combine(on, time(9)))
            self._move(drawn, "close", at, self.committee.clerk, reason=words.REASONS[verdict])
            model.status = Status.CLOSED

    def _decorate(self, drawn):
        model, clerk = drawn.model, self.committee.clerk
        if self.rng.random() < 0.05:
            audience, text = self.rng.choice(words.NOTES)
            drawn.notes.append(Note(model=model, audience=audience, text=text, by=clerk))
        if model.verdict == "replicate" and self.rng.random() < 0.3:
            year = model.verdict_on.year
            title = f"Mô hình tiêu biểu năm {year} (dữ liệu mẫu)"
            drawn.awards.append(Award(model=model, title=title, awarded_on=date(year, 12, 20)))


def paper_date(year):
    return date(year, 6, 30)


def last_day_of(year):
    """Return the day before which everything has happened: today, or the last of a past year."""
    today = timezone.localdate()
    return today if year == today.year else date(year, 12, 31)
