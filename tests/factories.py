"""Plain valid records, and the roads that lead to them.

A factory builds one record; a function walks the verbs a person would: ``running()`` is a
draft that was sent and accepted, with its code, its moves and its history.
"""

import hashlib
import io
from datetime import date

import factory
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone
from factory.django import DjangoModelFactory
from PIL import Image

from registry.models import (
    Award,
    ClosingKind,
    Enrolment,
    Evidence,
    Field,
    Indicator,
    Membership,
    Movement,
    Note,
    Organisation,
    Outcome,
    PracticeModel,
    Replication,
    RetireReason,
    Role,
    User,
    Verdict,
)
from reviews.models import (
    AgendaItem,
    Criterion,
    Decision,
    DecisionLine,
    PanelMember,
    Round,
    Seminar,
)

PASSWORD = "mot-mat-khau-de-thu"


def a_jpeg(width=8, height=8, colour="darkred"):
    """Return the bytes of a small picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


def this_year():
    return timezone.localdate().year


class OrganisationFactory(DjangoModelFactory):
    """A ward's Party committee, at the top of a tree of its own unless given a parent."""

    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Đảng ủy phường Thử nghiệm {n}")
    kind = Organisation.Kind.WARD_COMMITTEE
    block = Organisation.Block.WARDS


class CommitteeFactory(OrganisationFactory):
    """The superior committee, the root of a tree."""

    name = factory.Sequence(lambda n: f"Thành ủy Thử nghiệm {n}")
    kind = Organisation.Kind.COMMITTEE
    block = ""


class CellFactory(OrganisationFactory):
    """A party cell of a residential block, below a ward of its own unless given one."""

    name = factory.Sequence(lambda n: f"Chi bộ khối phố Thử nghiệm {n}")
    kind = Organisation.Kind.RESIDENTIAL_CELL
    parent = factory.SubFactory(OrganisationFactory)


def in_groups(*roles):
    """Return a declaration that puts the person into groups, into these unless others are given.

    A transactional test has flushed the groups, so they may have to be made.
    """

    def join(user, create, given):
        for name in roles if given is None else given:
            user.groups.add(Group.objects.get_or_create(name=name)[0])

    return factory.PostGeneration(join)


class UserFactory(DjangoModelFactory):
    """A person who can sign in and belongs to nothing; ``groups`` names roles."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"nguoi{n}")
    full_name = factory.Sequence(lambda n: f"Nguyễn Thử {n}")
    password = factory.django.Password(PASSWORD)
    groups = in_groups()


class UnitUserFactory(UserFactory):
    """A person of a unit: of a cell of their own unless given ``organisation``."""

    groups = in_groups(Role.UNIT)

    @factory.post_generation
    def organisation(self, create, given):
        MembershipFactory(user=self, organisation=given or CellFactory())


class ClerkFactory(UserFactory):
    groups = in_groups(Role.CLERK)


class PanelUserFactory(UserFactory):
    groups = in_groups(Role.PANEL)


class AdminFactory(UserFactory):
    groups = in_groups(Role.ADMIN)
    is_staff = True


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    since = date(2020, 1, 1)


class FieldFactory(DjangoModelFactory):
    class Meta:
        model = Field

    name = factory.Sequence(lambda n: f"Lĩnh vực {n}")


class MovementFactory(DjangoModelFactory):
    class Meta:
        model = Movement

    name = factory.Sequence(lambda n: f"Phong trào {n}")


class IndicatorFactory(DjangoModelFactory):
    class Meta:
        model = Indicator

    name = factory.Sequence(lambda n: f"Chỉ tiêu {n}")
    unit = "hộ"


class EnrolmentFactory(DjangoModelFactory):
    class Meta:
        model = Enrolment

    model = factory.SubFactory("tests.factories.PracticeModelFactory", enrolment=False)
    year = factory.LazyFunction(this_year)

    @classmethod
    def _create(cls, model_class, *args, on_behalf_of=None, **fields):
        enrolment = model_class(on_behalf_of=on_behalf_of, **fields)
        enrolment.save_by(None, on_behalf_of=on_behalf_of)
        return enrolment


class PracticeModelFactory(DjangoModelFactory):
    """A complete draft of the eight items, enrolled for this year.

    ``enrolment=False`` leaves the enrolment out; ``enrolment__year=2023`` says another year.
    """

    class Meta:
        model = PracticeModel
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Mô hình thử nghiệm số {n}")
    organisation = factory.SubFactory(CellFactory)
    field = factory.SubFactory(FieldFactory)
    reason = "Rác thải sinh hoạt còn để lẫn, đường hoa chưa có người chăm."
    approach = "Mỗi nhóm hộ nhận một đoạn đường, chăm hoa vào sáng thứ bảy."
    place = "Khối phố Thử nghiệm"
    beneficiaries = "Các hộ trong khối phố"
    started = "2023"
    expected_results = "Mọi tuyến đường trong khối phố sạch và có hoa."
    contact_name = "Trần Thử"
    contact_phone = "0900000000"

    @factory.post_generation
    def enrolment(self, create, wanted, **fields):
        if wanted is not False:
            EnrolmentFactory(model=self, **fields)


def somebody():
    """Whoever does what anybody may: one for all of a test, for a person takes eight inserts."""
    return User.objects.filter(username="mot-nguoi").first() or UserFactory(username="mot-nguoi")


def the_clerk():
    """The clerk who does what any of them may, one for all of a test."""
    clerk = User.objects.filter(username="chuyen-vien").first()
    return clerk or ClerkFactory(username="chuyen-vien")


def submitted(*, by=None, **fields):
    """A model that was sent and waits for the clerk."""
    model = PracticeModelFactory(**fields)
    return model.submit(by=by or somebody())


def returned(*, by=None, clerk=None, reason="Nêu rõ cách làm.", due=None, **fields):
    """A model that went back to its unit."""
    model = submitted(by=by, **fields)
    model.send_back(by=clerk or the_clerk(), reason=reason, due=due)
    return model


def running(*, by=None, clerk=None, **fields):
    """A model in the register."""
    model = submitted(by=by, **fields)
    model.accept(by=clerk or the_clerk())
    return model


def closed(*, by=None, clerk=None, **fields):
    """A model that a paper has ended as no longer suitable."""
    clerk = clerk or the_clerk()
    model = running(by=by, clerk=clerk, **fields)
    line = {
        "verdict": Verdict.RETIRE,
        "reason": "Mô hình đã hết mục tiêu ban đầu.",
        "retire_reason": RetireReason.COMPLETED,
        "closing_kind": ClosingKind.UNSUITABLE,
    }
    issued(DecisionFactory(), model, by=clerk, **line)
    model.refresh_from_db()
    return model


def refused(*, by=None, clerk=None, reason="Trùng với một mô hình đã có.", **fields):
    """A model the clerk closed as not accepted."""
    model = submitted(by=by, **fields)
    model.refuse(by=clerk or the_clerk(), reason=reason)
    return model


class EvidenceFactory(DjangoModelFactory):
    """A photo, a real one of a few pixels."""

    class Meta:
        model = Evidence

    class Params:
        content = factory.LazyFunction(a_jpeg)

    model = factory.SubFactory(PracticeModelFactory)
    original_name = "duong-hoa.jpg"
    file = factory.LazyAttribute(lambda e: ContentFile(e.content, name=e.original_name))
    content_type = "image/jpeg"
    size = factory.LazyAttribute(lambda e: len(e.content))
    sha256 = factory.LazyAttribute(lambda e: hashlib.sha256(e.content).hexdigest())
    width = 8
    height = 8
    added_by = factory.LazyFunction(somebody)


class OutcomeFactory(DjangoModelFactory):
    class Meta:
        model = Outcome

    enrolment = factory.SubFactory(EnrolmentFactory)
    indicator = factory.SubFactory(IndicatorFactory)
    planned = 20
    achieved = 12


class AwardFactory(DjangoModelFactory):
    class Meta:
        model = Award

    model = factory.SubFactory(PracticeModelFactory)
    title = "Mô hình tiêu biểu"


class NoteFactory(DjangoModelFactory):
    class Meta:
        model = Note

    model = factory.SubFactory(PracticeModelFactory)
    text = "Xin bổ sung số hộ tham gia."
    by = factory.LazyFunction(the_clerk)


class ReplicationFactory(DjangoModelFactory):
    class Meta:
        model = Replication

    model = factory.SubFactory(PracticeModelFactory)
    organisation = factory.SubFactory(CellFactory)


class SeminarFactory(DjangoModelFactory):
    """A planned seminar, with nobody on its panel and nothing before it."""

    class Meta:
        model = Seminar

    title = factory.Sequence(lambda n: f"Tọa đàm thử nghiệm {n}")
    held_on = factory.LazyFunction(timezone.localdate)


class PanelMemberFactory(DjangoModelFactory):
    """A member with an account; ``user=None`` for one with a paper ballot only."""

    class Meta:
        model = PanelMember

    seminar = factory.SubFactory(SeminarFactory)
    name = factory.Sequence(lambda n: f"Thành viên {n}")
    user = factory.SubFactory(PanelUserFactory)


class CriterionFactory(DjangoModelFactory):
    class Meta:
        model = Criterion

    seminar = factory.SubFactory(SeminarFactory)
    name = factory.Sequence(lambda n: f"Tiêu chí {n}")


class AgendaItemFactory(DjangoModelFactory):
    """A running model put before a seminar."""

    class Meta:
        model = AgendaItem

    seminar = factory.SubFactory(SeminarFactory)
    model = factory.LazyFunction(running)
    organisation = factory.LazyAttribute(lambda item: item.model.organisation)
    position = factory.Sequence(lambda n: n % 30_000 + 1)


def opened(seminar=None, *, members=1, items=1, by=None):
    """Open a seminar; one that lacks members or items gets as many as said."""
    seminar = seminar or SeminarFactory()
    if not seminar.members.exists():
        PanelMemberFactory.create_batch(members, seminar=seminar)
    if not seminar.items.exists():
        AgendaItemFactory.create_batch(items, seminar=seminar)
    seminar.open(by=by or the_clerk())
    return seminar


class DecisionFactory(DjangoModelFactory):
    """The draft of a paper that has been signed: number, date and signatory are there."""

    class Meta:
        model = Decision

    subject = factory.Sequence(lambda n: f"Kết quả rà soát mô hình, lần {n}")
    number = factory.Sequence(lambda n: f"{n}-TB/TU")
    dated = factory.LazyFunction(timezone.localdate)
    signatory = "Lê Thử"
    signatory_position = "Phó Bí thư"


class DecisionLineFactory(DjangoModelFactory):
    """A line that maintains a running model."""

    class Meta:
        model = DecisionLine

    decision = factory.SubFactory(DecisionFactory)
    model = factory.LazyFunction(running)
    verdict = Verdict.MAINTAIN


def issued(decision=None, *models, by=None, take_up=(), **line):
    """Issue a paper with a line for each of the models, all alike."""
    decision = decision or DecisionFactory()
    clerk = by or the_clerk()
    for model in models:
        said = DecisionLine(model=model, **({"verdict": Verdict.MAINTAIN} | line))
        decision.add_line(said, by=clerk, version=decision.version, take_up=take_up)
    decision.issue(by=clerk)
    return decision


class RoundFactory(DjangoModelFactory):
    class Meta:
        model = Round

    kind = Round.Kind.REGISTRATION
    name = factory.Sequence(lambda n: f"Đợt đăng ký {n}")
    year = factory.LazyFunction(this_year)
    opens_on = factory.LazyAttribute(lambda r: date(r.year, 1, 1))
    deadline = factory.LazyAttribute(lambda r: date(r.year, 3, 31))
