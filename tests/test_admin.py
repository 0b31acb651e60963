"""The administration: every record is there, and no way leads around the moves."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.models import (
    BulkAction,
    BulkChange,
    Call,
    DraftBuffer,
    FormToken,
    Handover,
    Mail,
    Membership,
    Opening,
    Organisation,
    PracticeModel,
    Redaction,
    SavedFilter,
    SecurityEvent,
    Sequence,
    User,
    Verdict,
)
from reviews.models import Assessment, Scan, StockRemark
from tests import factories
from tests.counting import rows

# What a machine keeps for itself, and nobody looks at.
MACHINERY = {FormToken, Sequence, DraftBuffer, SavedFilter, BulkAction, BulkChange}
PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label)
ADDED = {
    "Award", "Decision", "Field", "Indicator", "Membership", "Movement", "Organisation",
    "PartyCell", "Replication", "Round", "Seminar", "StockRemark", "User",
}  # fmt: skip

pytestmark = pytest.mark.django_db


def own_models():
    return {
        model
        for app in ("registry", "reviews")
        for model in apps.get_app_config(app).get_models()
        if not model.__name__.startswith("Historical")
    }


@pytest.fixture
def registrar(client):
    user = factories.AdminFactory()
    client.force_login(user)
    return user


@pytest.fixture
def one_of_each():
    """One record of every kind, made as people make them."""
    clerk = factories.ClerkFactory()
    model = factories.running(clerk=clerk)
    enrolment = model.enrolments.get()
    for factory in ("EvidenceFactory", "AwardFactory", "NoteFactory", "ReplicationFactory"):
        getattr(factories, factory)(model=model)
    factories.OutcomeFactory(enrolment=enrolment)
    Opening.objects.create(model=model, by=clerk)
    Redaction.objects.create(by=clerk, reason="Thử", paper="CV 1", what={})
    Mail.objects.create(move=model.moves.first(), to="mot@example.vn", subject="Thử", body="Thử")
    SecurityEvent.record(SecurityEvent.Kind.REFUSED, user=clerk, about="GET /admin/")
    person = factories.UnitUserFactory(organisation=model.organisation)
    Handover.carry_out(person.memberships.get(), factories.UnitUserFactory(), by=clerk)
    Call.tick(model.organisation, factories.this_year(), by=clerk)
    factories.MovementFactory()
    factories.MembershipFactory(user=clerk, organisation=model.organisation)
    seminar = factories.SeminarFactory()
    factories.CriterionFactory(seminar=seminar)
    factories.PanelMemberFactory(seminar=seminar, organisation=model.organisation)
    factories.opened(seminar, by=clerk)
    members = factories.PanelMemberFactory.create_batch(2, seminar=seminar)
    item = seminar.items.get()
    ballot = Assessment(item=item, member=members[0])
    ballot.save_by(clerk)
    scores = {seminar.criteria.get().pk: 7}
    ballot.verdict = Verdict.MAINTAIN
    ballot.hand_in(by=clerk, version=1, scores=scores)
    item.recuse(members[1], reason="Tự xin không tham gia", by=clerk)
    item.conclude(verdict=Verdict.MAINTAIN, rationale="", whose="Chủ trì", by=clerk)
    decision = factories.issued(None, item.model, by=clerk)
    evidence = model.evidence.get()
    Scan(
        decision=decision, file=evidence.file.name, original_name="quyet-dinh.jpg",
        content_type="image/jpeg", size=1, sha256="0" * 64, added_by=clerk,
    ).save_by(clerk)  # fmt: skip
    factories.RoundFactory()
    StockRemark(verdict=Verdict.MAINTAIN, name="Cần duy trì.").save_by(clerk)


def address(model, page, *args):
    name = model if isinstance(model, str) else model._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{name}_{page}", args=args)


def record_of(model):
    """Return the record of the kind that was made last."""
    return model._default_manager.order_by("pk").last()


# --- Every page ---------------------------------------------------------------------------------


def test_every_model_of_ours_is_in_the_administration_and_no_other():
    assert set(admin.site._registry) == own_models() - MACHINERY


def test_every_page_opens_for_the_registrar(client, registrar, one_of_each):
    for model in PAGES:
        record = record_of(model)
        assert record is not None, f"no {model.__name__} to look at"
        pages = [address(model, "changelist"), address(model, "changelist") + "?q=mau+thu&p=99"]
        pages += [address(model, page, record.pk) for page in ("change", "history")]
        if hasattr(model, "history"):
            entry = model.history.filter(id=record.pk).first()
            assert entry, f"{model.__name__} has no history"
            pages.append(address(model, "simple_history", record.pk, entry.pk))
        for page in pages:
            assert client.get(page).status_code == 200, page
        adds = client.get(address(model, "add")).status_code
        assert adds == (200 if model.__name__ in ADDED else 403), model


def test_the_start_page_and_an_apps_page_open(client, registrar):
    for page in ("/admin/", "/admin/registry/", "/admin/reviews/", "/admin/jsi18n/"):
        assert client.get(page).status_code == 200, page


@pytest.mark.look
def test_records_are_listed_in_the_order_of_the_vietnamese_alphabet(client, registrar):
    listed = client.get(reverse("admin:index")).context["app_list"]

    units, reviews = [[model["name"] for model in app["models"]] for app in listed]
    assert units.index("Chi bộ") < units.index("Đăng ký năm") < units.index("Lĩnh vực")
    assert reviews.index("Bản chụp") < reviews.index("Điểm") < reviews.index("Nhận xét mẫu")


@pytest.mark.look
@pytest.mark.parametrize("person", ["ClerkFactory", "PanelUserFactory", "UnitUserFactory"])
def test_who_is_no_registrar_is_refused_on_every_page(client, one_of_each, person):
    client.force_login(getattr(factories, person)())
    before = rows()

    for model in PAGES:
        pk = record_of(model).pk
        pages = [address(model, page, pk) for page in ("change", "history", "delete")]
        for page in [address(model, "changelist"), address(model, "add"), *pages]:
            assert client.get(page).status_code == 403, page
            assert client.post(page, {"name": "x"}).status_code == 403, page
    for page in ("/admin/", "/admin/login/", "/admin/registry/"):
        assert client.get(page).status_code == 403, page
    assert rows() == before


def addresses(patterns=None):
    """Yield every address of the administration, filled with what no record has as its key."""
    for pattern in patterns or admin.site.urls[0]:
        if hasattr(pattern, "url_patterns"):
            yield from (str(pattern.pattern) + each for each in addresses(pattern.url_patterns))
        else:
            yield re.sub(r"<\w+:\w+>|\(\?P<\w+>.*?\)", "0", str(pattern.pattern)).strip("^$\\")


def test_no_address_of_the_administration_is_open_to_anybody_else(client):
    everything = [f"/admin/{each}" for each in addresses() if "(" not in each and each != "logout/"]
    assert len(everything) > 6 * len(PAGES)
    without_token = Client(enforce_csrf_checks=True)
    without_token.force_login(factories.AdminFactory())
    client.force_login(factories.ClerkFactory())
    stranger = Client()
    for page in everything:
        for answer in (client.get(page), client.post(page), without_token.post(page)):
            assert answer.status_code == 403, page
        for answer in (stranger.get(page), stranger.post(page)):
            assert answer.status_code == 302, page


def test_who_enters_without_the_group_sees_nothing(client, one_of_each):
    client.force_login(factories.UserFactory(is_staff=True))

    for model in PAGES:
        assert client.get(address(model, "changelist")).status_code == 403
        assert client.get(address(model, "change", record_of(model).pk)).status_code == 403


def test_who_is_signed_out_is_sent_to_the_one_sign_in_page(client):
    for page in ("/admin/", "/admin/login/", address(PracticeModel, "changelist")):
        assert client.get(page).status_code == 302
        last, _status = client.get(page, follow=True).redirect_chain[-1]
        assert last.startswith(f"{reverse('account_login')}?next=/admin/"), page


def test_signing_in_and_out_and_passwords_have_no_second_page(client, registrar):
    assert client.post("/admin/login/", {"username": "a"}).url == "/admin/"
    assert client.get("/admin/logout/").url == reverse("account_logout")
    for page in ("/admin/password_change/", "/admin/password_change/done/"):
        assert client.get(page).url == reverse("account_change_password")


def test_nothing_is_deleted(client, registrar, one_of_each):
    before = rows()

    for model in PAGES:
        record = record_of(model)
        chosen = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}
        client.post(address(model, "changelist"), chosen)
        delete = address(model, "delete", record.pk)
        assert client.get(delete).status_code == 403
        assert client.post(delete, {"post": "yes"}).status_code == 403
    assert rows() == before


def test_strange_addresses_are_no_errors_of_ours(client, registrar, one_of_each):
    for model in PAGES:
        pk = record_of(model).pk
        pages = [address(model, "changelist") + query for query in STRANGE]
        pages += [address(model, page, "abc") for page in ("change", "history")]
        pages += [address(model, page, 10**30) for page in ("change", "history")]
        if hasattr(model, "history"):
            pages += [address(model, "simple_history", pk, "abc")]
            pages += [address(model, "simple_history", "abc", pk)]
            pages += [address(model, "simple_history", pk, 10**30)]
        for page in pages:
            assert client.get(page).status_code in {200, 302, 400, 404}, page


STRANGE = [
    "?p=999999", "?p=abc", "?o=99.x", "?q=%00", "?id__exact=abc", "?password__startswith=a",
    "?year=abc", "?status__exact=x", "?kind__exact=%27", "?organisation__users__password=a",
    "?held_on__year=9999", "?dated__year=99999", "?at__year=0&at__month=13", "?all=",
    "?deadline__year=9999", "?submitted_at__year=9999&submitted_at__month=12&submitted_at__day=31",
]  # fmt: skip


@pytest.mark.parametrize("model", [PracticeModel, User, Organisation, Membership])
def test_a_list_takes_as_many_queries_for_many_as_for_few(client, registrar, model):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(model, "changelist")).status_code == 200
        return len(captured)

    for _each in range(2):
        factories.MembershipFactory(organisation=factories.running().organisation)
    queries()
    few = queries()
    for _each in range(6):
        factories.MembershipFactory(organisation=factories.running().organisation)
    assert queries() == few
