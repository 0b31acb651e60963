"""The seminars of the sample, held by the same verbs as real ones: past, open and planned."""

import random
from datetime import date, timedelta

from registry.models import Organisation, PracticeModel, Replication, Verdict
from reviews.models import AgendaItem, Assessment, Criterion, Decision, PanelMember, Round, Seminar
from reviews.sample import words
from reviews.sample.units import WHY

CHAIR = "Nguyễn Văn Mẫu, Phó Bí thư"
SECRETARY = "Trần Thị Mẫu, Chuyên viên"
CRITERIA = (
    ("Tính thiết thực", 40),
    ("Hiệu quả, có số liệu", 30),
    ("Khả năng duy trì, nhân rộng", 30),
)
REMARKS = {
    "replicate": "Cách làm dễ học, nên giới thiệu cho các đơn vị khác.",
    "maintain": "",
    "strengthen": "Cần phân công rõ người và bổ sung số liệu.",
    "retire": "Đã làm xong, nên tập trung cho việc mới.",
    "survey": "",
}
PAST, OPEN, PLANNED = 20, 40, 8


class Meetings:
    """What is held on the models of a committee, as of its generator's last day."""

    def __init__(self, committee, *, seed, year, last_day):
        self.rng = random.Random(f"meetings of {seed}")  # noqa: S311
        self.committee, self.clerk = committee, committee.clerk
        self.year, self.last_day = year, last_day

    def hold(self):
        """Hold them all; those for which there are no models are left out."""
        self._open_rounds()
        models = list(self._running()[: PAST + OPEN + PLANNED])
        of_last_year = [model for model in models if model.accepted_at.year < self.year]
        past, rest = of_last_year[:PAST], []
        rest = [model for model in models if model not in past]
        if past:
            self._hold_past(past)
        if rest:
            self._open_one(rest[:OPEN])
        if rest[OPEN:]:
            self._plan_one(rest[OPEN:])
        self._end_a_unit()

    def _running(self):
        sample = PracticeModel.objects.filter(organisation__is_sample=True)
        return sample.running().select_related("organisation").order_by("pk")

    def _open_rounds(self):
        """Open a round to register in, and one to review in."""
        rounds = (
            (Round.Kind.REGISTRATION, "Đợt đăng ký", self.last_day + timedelta(days=12)),
            (Round.Kind.REVIEW, "Đợt rà soát", self.last_day + timedelta(days=40)),
        )
        for kind, name, deadline in rounds:
            period = Round(
                kind=kind,
                name=f"{name} năm {self.year} (dữ liệu mẫu)",
                year=self.year,
                opens_on=self.last_day - timedelta(days=20),
                deadline=deadline,
            )
            period.save_by(self.clerk, why=WHY)

    def _seminar(self, title, held_on, models, **fields):
        seminar = Seminar(title=title, held_on=held_on, is_sample=True, **fields)
        seminar.save_by(self.clerk, why=WHY)
        seminar.put(models, by=self.clerk)
        return seminar

    def _seat_panel(self, seminar, *, own_unit=None):
        """Seat the four members of the demo, and one who has a paper ballot only."""
        people = [person for name, person in self.committee.people.items() if "thamdinh" in name]
        for position, person in enumerate(people, 1):
            last = position == len(people)
            member = PanelMember(
                seminar=seminar,
                name=person.full_name,
                title="Thành viên Tổ thẩm định",
                user=person,
                organisation=own_unit if last else None,
                position=position,
            )
            member.save_by(self.clerk, why=WHY)
        member = PanelMember(
            seminar=seminar,
            name="Người dùng mẫu – Phiếu giấy",
            title="Thành viên Tổ thẩm định",
            position=len(people) + 1,
        )
        member.save_by(self.clerk, why=WHY)

    # --- The past one -----------------------------------------------------------------------

    def _hold_past(self, models):
        seminar = self._seminar(
            f"Tọa đàm mô hình tiêu biểu năm {self.year - 1} (dữ liệu mẫu)",
            date(self.year - 1, 9, 18),
            models,
            place="Hội trường thành phố Mẫu",
            chair=CHAIR,
            secretary=SECRETARY,
            quorum=3,
        )
        for position, (name, most) in enumerate(CRITERIA, 1):
            criterion = Criterion(seminar=seminar, name=name, max_points=most, position=position)
            criterion.save_by(self.clerk, why=WHY)
        self._seat_panel(seminar)
        seminar.open(by=self.clerk)
        for item in seminar.items.all():
            self._judge(item)
        self._conclude(seminar)
        seminar.close(by=self.clerk)
        self._decide(seminar)

    def _judge(self, item):
        """Let all members hand in, most of them of one mind."""
        [mind] = self.rng.choices(list(Verdict.values), (25, 45, 20, 8, 2))
        criteria = list(item.seminar.criteria.all())
        for ballot in item.ballots.select_related("member__user", "item__seminar"):
            verdict = mind if self.rng.random() < 0.8 else Verdict.MAINTAIN
            scores = {each.pk: self.rng.randint(5, each.max_points) for each in criteria}
            self._hand_in(ballot, verdict, scores=scores)

    def _hand_in(self, ballot, verdict, *, scores=None):
        ballot.verdict, ballot.remark = verdict, REMARKS[verdict]
        ballot.retire_reason = "completed" if verdict == Verdict.RETIRE else ""
        paper = ballot.member.user is None
        ballot.hand_in(
            by=self.clerk if paper else ballot.member.user,
            version=ballot.version,
            scores=scores,
            source=Assessment.Source.PAPER if paper else Assessment.Source.FORM,
        )

    def _conclude(self, seminar):
        """Propose what most ballots say; where that is to maintain, for all at once."""
        for item in seminar.items.select_related("model"):
            verdicts = item.tally()["verdicts"]
            verdict = max(verdicts, key=verdicts.get)
            if verdict == Verdict.MAINTAIN:
                continue
            ending = {"retire_reason": "completed", "closing_kind": "completed"}
            conclusion = item.conclude(
                verdict=verdict,
                rationale=words.REASONS[verdict],
                whose="Tổ thẩm định, theo đa số",
                by=self.clerk,
                **(ending if verdict == Verdict.RETIRE else {}),
            )
            if verdict == Verdict.REPLICATE:
                others = [ward for ward in self.committee.wards if ward != item.organisation]
                conclusion.take_up.set(self.rng.sample(others, 2))
        seminar.conclude_rest(
            verdict=Verdict.MAINTAIN, rationale="", whose="Chủ trì tọa đàm", by=self.clerk
        )

    def _decide(self, seminar):
        paper = Decision(
            kind=Decision.Kind.NOTICE,
            subject=f"Kết luận tọa đàm mô hình tiêu biểu năm {self.year - 1} (dữ liệu mẫu)",
            seminar=seminar,
            is_sample=True,
        )
        paper.save_by(self.clerk, why=WHY)
        paper.take_proposals(by=self.clerk, version=paper.version)
        paper.number, paper.dated = "88-TB/MAU", date(self.year - 1, 10, 12)
        paper.signatory, paper.signatory_position = "Nguyễn Văn Mẫu", "Phó Bí thư"
        paper.write(by=self.clerk, version=paper.version, why=WHY)
        paper.issue(by=self.clerk)
        paper.publish(by=self.clerk)
        self._take_up()

    def _take_up(self):
        """Let some of those asked to take a model up have done so, and one say why not."""
        asked = Replication.objects.filter(organisation__is_sample=True).order_by("pk")
        for number, replication in enumerate(asked):
            if number % 3 == 0:
                replication.state = Replication.State.DOING
                replication.since = date(self.year - 1, 11, 1)
            elif number == 1:
                replication.state = Replication.State.UNSUITED
                replication.remark = "Địa bàn không có điều kiện tương tự, đơn vị chọn cách khác."
            else:
                continue
            replication.save_by(self.clerk, why=WHY)

    # --- The open one -----------------------------------------------------------------------

    def _open_one(self, models):
        """Open one in which much is still to be done, and one member has a model at stake."""
        seminar = self._seminar(
            f"Tọa đàm rà soát mô hình năm {self.year} (dữ liệu mẫu)",
            self.last_day + timedelta(days=14),
            models,
            place="Hội trường thành phố Mẫu",
            chair=CHAIR,
            secretary=SECRETARY,
            quorum=3,
        )
        for item in seminar.items.select_related("model"):
            item.paper = self.rng.choice(AgendaItem.Paper.values)
            if item.paper == AgendaItem.Paper.RECEIVED:
                item.presenter = item.model.contact_name
            if self.rng.random() < 0.5:
                [item.proposed] = self.rng.choices(list(Verdict.values), (25, 45, 20, 8, 2))
                item.opinion = words.REASONS[item.proposed] or "Đang thực hiện ổn định."
            item.save_by(self.clerk, why=WHY)
        self._seat_panel(seminar, own_unit=models[len(models) // 2].organisation)
        seminar.open(by=self.clerk)
        for member, handed_in in zip(
            seminar.members.order_by("position"), (12, 6, 3), strict=False
        ):
            ballots = member.ballots.select_related("member__user", "item__seminar", "item__model")
            for ballot in ballots.order_by("item__position")[:handed_in]:
                [verdict] = self.rng.choices(list(Verdict.values), (25, 45, 20, 8, 2))
                self._hand_in(ballot, verdict)

    def _plan_one(self, models):
        self._seminar(
            f"Họp thẩm định mô hình đăng ký mới năm {self.year} (dữ liệu mẫu)",
            self.last_day + timedelta(days=60),
            models,
            kind=Seminar.Kind.APPRAISAL,
        )

    # --- A unit that ends -------------------------------------------------------------------

    def _end_a_unit(self):
        """Dissolve the last cell of the last ward; its running models end with it."""
        cell = Organisation.objects.get(pk=self.committee.cells[-1].pk)
        cell.end(on=self.last_day, by=self.clerk, reason="Sáp nhập địa bàn dân cư (dữ liệu mẫu)")
