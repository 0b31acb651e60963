"""The world in which the table of permissions is tried: two units below one ward, and others."""

from types import SimpleNamespace
from uuid import uuid4

from allauth.usersessions.models import UserSession
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registry.files import check_upload
from registry.history import version_of
from registry.keeping import Keep
from registry.models import (
    BulkAction,
    DraftBuffer,
    Evidence,
    Handover,
    Outcome,
    PracticeModel,
    SavedFilter,
    Verdict,
)
from registry.views.lists import SALT
from reviews.models import Assessment, DecisionLine, Scan, StockRemark
from reviews.models.seminar import listed
from reviews.views import tables
from tests import factories

# In every name that is not for everybody: a page that refuses must not have it.
SECRET = "BíMật"

YEAR = factories.this_year()


def open_session(user):
    """Sign in once more, on another device; return the row of that session."""
    client = Client()
    client.force_login(user)
    return UserSession.objects.create(
        user=user, session_key=client.session.session_key, ip="203.0.113.9", user_agent="Firefox"
    )


def build():
    """Return people by role, and records by the names the table uses."""
    world = SimpleNamespace()
    committee = factories.CommitteeFactory()
    ward = factories.OrganisationFactory(parent=committee)
    # The stranger's cell stands below the same ward: the nearest a stranger comes.
    world.cell = factories.CellFactory(parent=ward)
    world.other_cell = factories.CellFactory(parent=ward)
    world.people = {
        "inactive": factories.UnitUserFactory(organisation=world.cell),
        "stranger": factories.UnitUserFactory(organisation=world.other_cell),
        "unit": factories.UnitUserFactory(organisation=world.cell),
        "ward": factories.UnitUserFactory(organisation=ward),
        "panel": factories.PanelUserFactory(),
        "clerk": factories.ClerkFactory(),
        "admin": factories.AdminFactory(),
    }
    world.ward_unit = ward
    world.handover = Handover.objects.create(
        organisation=world.cell,
        outgoing=world.people["unit"],
        incoming=world.people["unit"],
        by=world.people["clerk"],
        held=[{"name": SECRET, "code": "", "status": "draft"}],
    )
    world.session = open_session(world.people["unit"])
    world.directory = SimpleNamespace(pk="oidc")
    world.key = SimpleNamespace(pk=1)
    world.account_of_cell = world.people["unit"]
    world.account_of_ward = world.people["ward"]
    world.account_of_clerk = world.people["clerk"]
    # Of an address that names the opened form, which is not its key.
    opened = uuid4()
    DraftBuffer.objects.keep(world.people["unit"].pk, opened, path="/models/new/", content={})
    world.kept_words = SimpleNamespace(pk=opened)
    world.kept_filter = SavedFilter.objects.create(
        user=world.people["unit"], name=f"{SECRET} lọc", query="status=running"
    )
    _models(world)
    world.bulk_action = BulkAction(kind="hide", by=world.people["clerk"])
    world.bulk_action.carry_out({world.running.pk: world.running.version})
    world.running.refresh_from_db()
    _attachments(world)
    _seminars(world)
    _papers(world)
    return world


def clients_of(people, **options):
    """Return a browser for each role; the inactive account was switched off once signed in."""
    clients = {
        role: Client(raise_request_exception=False, **options) for role in ("anonymous", *people)
    }
    for role, user in people.items():
        clients[role].force_login(user)
    people["inactive"].is_active = False
    people["inactive"].save()
    return clients


def photo():
    return SimpleUploadedFile("anh.jpg", factories.a_jpeg(), content_type="image/jpeg")


def _models(world):
    unit, clerk = world.people["unit"], world.people["clerk"]
    field = factories.FieldFactory()

    def of(state, name, **fields):
        fields = {"organisation": world.cell, "field": field} | fields
        return state(name=f"Mô hình {SECRET} {name}", **fields)

    sent = {"by": unit}
    received = {"by": unit, "clerk": clerk, "enrolment__year": YEAR - 1}
    world.draft = of(factories.PracticeModelFactory, "nháp")
    world.unfinished = of(factories.PracticeModelFactory, "dở dang", reason="")
    world.office_draft = of(factories.PracticeModelFactory, "nhập hộ", enrolment=False)
    factories.EnrolmentFactory(model=world.office_draft, entered_by=clerk, on_behalf_of=world.cell)
    world.submitted = of(factories.submitted, "đã gửi", **sent)
    world.on_agenda = of(factories.submitted, "được đưa ra", **sent)
    world.returned = of(factories.returned, "trả lại", by=unit, clerk=clerk)
    world.refused = of(factories.refused, "không nhận", by=unit, clerk=clerk)
    world.running = of(factories.running, "đang chạy", **received)
    world.public = of(factories.running, "công khai", public=True, **received)
    world.closed = of(factories.closed, "kết thúc", public=True, **received)
    world.foreign = of(
        factories.running, "đơn vị bạn", **received | {"organisation": world.other_cell}
    )
    for name in ("year_begun", "year_sent"):
        model = of(factories.running, name, **received)
        setattr(world, f"{name}_model", model)
        setattr(world, name, model.continue_in(YEAR, by=unit))
    world.year_sent.send(by=unit)
    world.year_of_draft = world.draft.enrolments.get()
    world.year_of_closed = world.closed.enrolments.get()
    world.year_of_refused = world.refused.enrolments.get()


def _attachments(world):
    for name in ("draft", "on_agenda", "running", "public", "closed"):
        model = getattr(world, name)
        setattr(world, f"photo_of_{name}", factories.EvidenceFactory(model=model))
    world.paper_of_public = factories.EvidenceFactory(model=world.public, kind=Evidence.Kind.SCAN)
    world.replication = factories.ReplicationFactory(
        model=world.running, organisation=world.other_cell
    )


def _seminars(world):
    clerk, panel = world.people["clerk"], world.people["panel"]
    colleague = factories.PanelUserFactory()

    def seminar(name, *models):
        found = factories.SeminarFactory(title=f"Tọa đàm {SECRET} {name}")
        members = [
            factories.PanelMemberFactory(seminar=found, user=user) for user in (panel, colleague)
        ]
        items = [
            factories.AgendaItemFactory(seminar=found, model=model, position=position)
            for position, model in enumerate(models, 1)
        ]
        return found, members, items

    world.planned, (world.planned_member, _), (world.planned_item, _) = seminar(
        "sắp tới", world.running, world.on_agenda
    )
    world.of_others, _, (world.item_of_others,) = seminar("của đơn vị bạn", world.foreign)
    world.open, (own, other), items = seminar(
        "đang họp", world.running, world.public, world.year_sent_model
    )
    world.member, world.colleague = own, other
    world.open.open(by=clerk)
    world.item, judged, unjudged = items

    def ballot(item, member, *, handed_in):
        found = Assessment.objects.get(item=item, member=member)
        if handed_in:
            found.verdict = Verdict.MAINTAIN
            found.hand_in(by=member.user, version=found.version)
        return found

    world.own_ballot = ballot(world.item, own, handed_in=False)
    world.others_ballot = ballot(world.item, other, handed_in=False)
    world.own_handed_in = ballot(judged, own, handed_in=True)
    world.others_handed_in = ballot(judged, other, handed_in=True)
    world.others_hidden = ballot(unjudged, other, handed_in=True)
    world.ended, _, (world.ended_item,) = seminar("đã xong", world.running)
    world.ended.open(by=clerk)
    world.ended.close(by=clerk)


def _papers(world):
    clerk = world.people["clerk"]

    def paper(name, model):
        found = factories.DecisionFactory(subject=f"Văn bản {SECRET} {name}")
        line = DecisionLine(model=model, verdict=Verdict.MAINTAIN)
        return found, found.add_line(line, by=clerk, version=found.version)

    def scan(**of):
        return Scan.store(check_upload(photo()), by=clerk, **of)

    world.paper, world.line = paper("chuẩn bị", world.running)
    world.issued, world.issued_line = paper("đã ban hành", world.public)
    world.issued.issue(by=clerk)
    world.published, world.published_line = paper("đã công khai", world.year_sent_model)
    world.published.issue(by=clerk)
    world.published.publish(by=clerk)
    world.scan_of_paper = scan(decision=world.paper)
    world.scan_of_issued = scan(decision=world.issued)
    world.scan_of_published = scan(decision=world.published)
    world.scan_of_item = scan(item=world.item)
    world.scan_of_ballot = scan(assessment=world.others_handed_in)
    world.scan_of_hidden_ballot = scan(assessment=world.others_hidden)
    for record in (world.paper, world.issued, world.published, world.open, world.planned):
        record.refresh_from_db()


# --- What a browser would send -------------------------------------------------------------------


def body(world, name, key, role):
    """Return what a real sending of the form would bring, as if the person had the page."""
    record = getattr(world, key) if key else None
    make = BODIES.get(name)
    return make(world, record, role) if make else {}


def _registration(world, model, role):
    sent = {
        "token": uuid4(),
        "organisation": world.cell.pk,
        "subject": "collective",
        "level": "grassroots",
        "why": "Theo điện thoại của đơn vị",
    }
    if model is None:
        return sent | {"name": "Mô hình mới"}
    for item in PracticeModel.ITEMS:
        sent |= {name: getattr(model, name) for name in item}
    return sent | {"field": model.field_id, "version": model.version}


def _once(**fields):
    return lambda world, record, role: {"token": uuid4(), **fields}


def _plain(**fields):
    return lambda world, record, role: fields


def _version(**fields):
    return lambda world, record, role: {"version": record.version, **fields}


def _version_of_its_model(world, enrolment, role):
    return {"version": PracticeModel.objects.get(pk=enrolment.model_id).version}


def _kept(**fields):
    def words(world, record, role):
        if role in {"anonymous", "inactive"}:
            return fields
        keep = Keep(world.people[role], "/models/new/", uuid4())
        return {"writer": keep.writer, "draft": keep.draft, "name": "Đường hoa", **fields}

    return words


def _stock_remark(world, ballot, role):
    sent = {"stock": StockRemark.objects.first().pk}
    if role in {"anonymous", "inactive"}:
        return sent
    keep = Keep(world.people[role], ballot.get_absolute_url(), uuid4())
    return {"writer": keep.writer, "draft": keep.draft, **sent}


def _sealed(world, record, role):
    seen = {world.running.pk: world.running.version}
    sealed = {"kind": "publish", "field": None, "seen": seen}
    return {"token": uuid4(), "sealed": signing.dumps(sealed, salt=SALT)}


def _sent_anew(world, record, role):
    return {"version": record.version, "token": uuid4()}


def _files(**fields):
    return lambda world, record, role: {"token": uuid4(), "files": photo(), **fields}


def _replication(world, record, role):
    own = world.other_cell if role == "stranger" else world.cell
    return {"token": uuid4(), "organisation": own.pk, "state": "not_yet"}


def _seen(**fields):
    return lambda world, record, role: {"version": version_of(record.history), **fields}


def _rows(prefix):
    return lambda world, seminar, role: {
        "version": version_of(getattr(seminar, prefix).model.history.filter(seminar=seminar)),
        f"{prefix}-TOTAL_FORMS": 0,
        f"{prefix}-INITIAL_FORMS": 0,
    }


def _block(world, record, role):
    found = PracticeModel.objects.running().filter(organisation__block="wards")
    found = found.exclude(agenda_items__seminar=record)
    shown = found.order_by("organisation__position", "sort_key", "pk")
    return {"block": "wards", "expected": listed(shown)}


def _rest(world, seminar, role):
    rest = seminar.items.without_conclusion()
    return {"whose": "Chủ trì", "expected": listed(rest)}


def _several(world, seminar, role):
    item = seminar.items.first()
    said = {"verdict": "maintain", "rationale": "", "whose": "Chủ trì"}
    seen = {item.pk: version_of(item.conclusion_entries())}
    sealed = {"seminar": seminar.pk, "seen": seen, **said}
    return {"token": uuid4(), "sealed": signing.dumps(sealed, salt=tables.SALT)}


def _recusal(world, item, role):
    return {
        "member": item.seminar.members.get(user=world.people["panel"]).pk,
        "reason": "Tự xin không tham gia",
    }


_seminar = {"kind": "seminar", "title": "Tọa đàm", "held_on": "5/6/2026"}
_paper = {"kind": "TB", "subject": "Kết quả rà soát"}


def _handed_over(world, unit, role):
    """Hand the unit over to somebody who acts for it already."""
    membership = unit.memberships.filter(until=None, user__is_active=True).earliest("pk")
    other = factories.MembershipFactory(organisation=unit).user
    return {"token": uuid4(), "outgoing": membership.pk, "incoming": other.pk}


BODIES = {
    "registry:practicemodel_create": _registration,
    "registry:practicemodel_update": _registration,
    "registry:practicemodel_submit": _sent_anew,
    "registry:draft_keep": _kept(),
    "registry:draft_look": _kept(language="en"),
    "registry:practicemodel_return": _plain(reason="Nêu rõ cách làm."),
    "registry:practicemodel_accept": _version(),
    "registry:practicemodel_refuse": _plain(reason="Trùng."),
    "registry:practicemodel_public": _version(public="yes"),
    "registry:evidence_add": _files(kind="photo"),
    "registry:note_add": _once(audience="unit", text="Xin bổ sung."),
    "registry:award_add": _once(title="Tiêu biểu"),
    "registry:replication_add": _replication,
    "registry:replication_update": lambda world, record, role: {
        "state": "not_yet",
        "version": version_of(record.history),
    },
    "registry:bulk_confirm": _sealed,
    "registry:unit_call": _plain(year=YEAR),
    "registry:account_open": _once(full_name="Lê Thị Thử", phone="0905 777 888"),
    "registry:account_reset": _once(),
    "registry:hand_over": _handed_over,
    "registry:account_shared": _plain(shared="yes"),
    "who_types": _plain(name="Lê Thị Thử"),
    "registry:outcomes_update": lambda world, record, role: {
        "version": version_of(Outcome.history.filter(enrolment=record)),
    },
    "registry:enrolment_accept": _version_of_its_model,
    "registry:enrolment_endorse": _version_of_its_model,
    "registry:enrolment_return": _plain(reason="Nêu rõ cách làm."),
    "reviews:seminar_create": _once(**_seminar),
    "reviews:seminar_update": _seen(**_seminar),
    "reviews:panel_update": _rows("members"),
    "reviews:criteria_update": _rows("criteria"),
    "reviews:agenda_add": lambda world, record, role: {"codes": world.public.code},
    "reviews:agenda_add_block": _block,
    "reviews:conclude_rest": _rest,
    "reviews:conclude_several": _several,
    "reviews:agendaitem_update": _seen(position=1, paper="none", presenter="Lê Thử"),
    "reviews:agendaitem_move": _plain(to="up"),
    "reviews:agendaitem_recuse": _recusal,
    "reviews:conclusion_update": lambda world, item, role: {
        "verdict": "maintain",
        "whose": "Chủ trì",
        "version": version_of(item.conclusion_entries()),
    },
    "reviews:assessment_detail": _version(verdict="maintain"),
    "reviews:assessment_paper": _version(verdict="maintain"),
    "reviews:assessment_remark": _stock_remark,
    "reviews:decision_create": _once(**_paper),
    "reviews:decision_update": _version(**_paper),
    "reviews:line_add": lambda world, record, role: {
        "model": world.public.code,
        "verdict": "maintain",
        "version": record.version,
    },
    "reviews:line_update": lambda world, line, role: {
        "model": line.model.code,
        "verdict": "maintain",
        "version": line.decision.version,
    },
    "reviews:line_drop": lambda world, line, role: {"version": line.decision.version},
    "reviews:decision_issue": _version(),
    "reviews:decision_publish": _plain(from_day=""),
    "reviews:scan_add": _files(),
    "set_language": _plain(language="vi"),
}
