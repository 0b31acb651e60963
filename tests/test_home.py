"""The first page: what the register is, and what waits for whom."""

import re
from datetime import date, timedelta
from http import HTTPStatus
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry import appendonly
from registry.filters import Waiting
from registry.models import DraftBuffer, Move, Note, PracticeModel, User
from reviews.views import home
from tests import factories
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

HOME = reverse("home")
THIS_YEAR = factories.this_year()


@pytest.fixture
def ward():
    return factories.OrganisationFactory()


@pytest.fixture
def cell(ward):
    return factories.CellFactory(parent=ward)


def sign_in(client, user):
    client.force_login(user)
    return user


def of(cell):
    return factories.UnitUserFactory(organisation=cell)


def waiting(client):
    """Return {what: (number, names shown)} of the page, each as its heading links to it."""
    page = html.fromstring(client.get(HOME).content)
    found = {}
    for section in page.xpath("//section[.//h3/a[contains(@href, '?waiting=')]]"):
        (heading,) = section.xpath(".//h3/a")
        what = re.search(r"waiting=([\w-]+)", heading.get("href")).group(1)
        number = int(re.search(r"(\d+)$", heading.text_content().strip()).group(1))
        names = [one.text_content() for one in section.xpath(".//li/a")]
        listed = client.get(heading.get("href"))
        assert listed.context["page_obj"].paginator.count == number
        found[Waiting(what)] = (number, names)
    return found


def continued(model, year=THIS_YEAR, **fields):
    return factories.EnrolmentFactory(model=model, year=year, kind="continued", **fields)


def test_a_visitor_reads_what_the_register_is_and_where_to_sign_in(client, settings):
    settings.PUBLIC_CATALOGUE = False

    response = client.get(HOME)

    assertContains(response, reverse("account_login"))
    assertNotContains(response, reverse("registry:practicemodel_list"))


def test_a_visitor_can_search_where_the_catalogue_is_open(client, settings):
    settings.PUBLIC_CATALOGUE = True

    page = html.fromstring(client.get(HOME).content)

    assert page.xpath("//main//input[@id='start-q']")


def test_a_visitor_goes_from_the_first_page_to_each_field_and_to_what_is_to_be_replicated(
    client, settings
):
    settings.PUBLIC_CATALOGUE = True
    field = factories.FieldFactory(name="Kinh tế số")
    factories.running(name="Chợ số", field=field, public=True)
    good = factories.running(name="Đường hoa", public=True)
    factories.issued(factories.DecisionFactory(), good, verdict="replicate", reason="Dễ học.")
    page = html.fromstring(client.get(HOME).content)

    def found(words):
        (address,) = page.xpath(f"//main//nav//a[text()='{words}']/@href")
        listed = client.get(reverse("registry:practicemodel_list") + address[len("/models/") :])
        return [row["name"] for row in listed.context["rows"]]

    assert found("Kinh tế số") == ["Chợ số"]
    assert found("Mô hình cần nhân rộng") == ["Đường hoa"]


def test_the_first_page_is_only_read(client):
    assert client.post(HOME).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_somebody_for_whom_nothing_waits_is_told_so(client):
    sign_in(client, factories.UserFactory())

    response = client.get(HOME)

    assert response.context["nothing_waits"]
    assert not response.context["can_register"]


def test_a_unit_sees_its_drafts_and_what_came_back_with_the_day(client, cell):
    factories.PracticeModelFactory(organisation=cell, name="Bản nháp của chi bộ")
    factories.returned(organisation=cell, name="Cần bổ sung", due=date(2031, 5, 9))
    factories.submitted(organisation=cell, name="Đã gửi")
    factories.PracticeModelFactory(name="Bản nháp của nơi khác")
    factories.returned(name="Nơi khác cần bổ sung")
    sign_in(client, of(cell))

    assert waiting(client) == {
        Waiting.RETURNED: (1, ["Cần bổ sung"]),
        Waiting.DRAFTS: (1, ["Bản nháp của chi bộ"]),
        Waiting.SENT: (1, ["Đã gửi"]),
    }
    assertContains(client.get(HOME), "09/05/2031")


def test_a_draft_without_a_name_still_leads_somewhere(client, cell):
    model = factories.PracticeModelFactory(organisation=cell, name="")
    sign_in(client, of(cell))

    assertContains(client.get(HOME), f'href="{model.get_absolute_url()}"')


def test_a_running_model_waits_to_be_continued_then_sent_then_received(client, cell):
    model = factories.running(organisation=cell, name="Đường hoa", enrolment__year=THIS_YEAR - 1)
    person = sign_in(client, of(cell))
    assert waiting(client) == {Waiting.TO_CONTINUE: (1, ["Đường hoa"])}

    enrolment = model.continue_in(THIS_YEAR, by=person)
    assert waiting(client) == {Waiting.TO_SEND: (1, ["Đường hoa"])}

    enrolment.send(by=person)
    assert waiting(client) == {Waiting.SENT: (1, ["Đường hoa"])}

    clerk = sign_in(client, factories.ClerkFactory())
    assert waiting(client) == {Waiting.TO_RECEIVE_AGAIN: (1, ["Đường hoa"])}

    enrolment.accept(by=clerk)
    assert waiting(client) == {}
    client.force_login(person)
    assert waiting(client) == {}


def test_a_model_of_this_year_does_not_wait_to_be_continued(client, cell):
    factories.running(organisation=cell)
    sign_in(client, of(cell))

    assert waiting(client) == {}


def test_a_ward_endorses_what_its_cells_have_sent_and_not_its_own(client, ward, cell, settings):
    settings.ENDORSEMENT = "optional"
    sent = factories.submitted(organisation=cell, name="Của chi bộ")
    factories.submitted(organisation=ward, name="Của đảng ủy phường")
    refused = factories.submitted(organisation=cell, name="Không tiếp nhận")
    refused.refuse(by=factories.ClerkFactory(), reason="Trùng.")
    person = sign_in(client, of(ward))
    assert waiting(client)[Waiting.TO_ENDORSE] == (1, ["Của chi bộ"])

    sent.enrolments.get().endorse(by=person)
    assert Waiting.TO_ENDORSE not in waiting(client)


def test_nothing_waits_to_be_endorsed_where_wards_do_not_endorse(client, ward, cell, settings):
    settings.ENDORSEMENT = "off"
    factories.submitted(organisation=cell)
    sign_in(client, of(ward))

    assert Waiting.TO_ENDORSE not in waiting(client)


def test_the_clerk_receives_in_the_order_of_sending(client):
    second = factories.submitted(name="Gửi sau")
    first = factories.submitted(name="Gửi trước")
    for model, hour in ((first, 8), (second, 9)):
        model.enrolments.update(sent_at=f"2025-03-03T0{hour}:00:00Z")
    sign_in(client, factories.ClerkFactory())

    assert waiting(client) == {Waiting.TO_RECEIVE: (2, ["Gửi trước", "Gửi sau"])}
    listed = client.get(reverse("registry:practicemodel_list"), {"waiting": "to-receive"})
    assert [row["name"] for row in listed.context["rows"]] == ["Gửi trước", "Gửi sau"]


def decided(model, verdict, **line):
    """Let a paper say something of a model."""
    return factories.issued(factories.DecisionFactory(), model, verdict=verdict, **line)


def test_the_clerk_sees_what_is_due_to_be_reviewed_until_a_new_paper_says_otherwise(client):
    today = timezone.localdate()
    for name, days in (("Còn lâu", 60), ("Sắp đến", 20), ("Đã quá hạn", -5)):
        model = factories.running(name=name)
        decided(model, "strengthen", reason="Cần số liệu.", review_by=today + timedelta(days=days))
    sign_in(client, factories.ClerkFactory())

    assert waiting(client) == {Waiting.TO_REVIEW: (2, ["Đã quá hạn", "Sắp đến"])}
    until = (today + timedelta(days=20)).strftime("%d/%m/%Y")
    assertContains(client.get(HOME), f"hạn đến {until}")
    listed = client.get(reverse("registry:practicemodel_list"), {"waiting": "to-review"})
    assert [row["name"] for row in listed.context["rows"]] == ["Đã quá hạn", "Sắp đến"]

    decided(PracticeModel.objects.get(name="Đã quá hạn"), "maintain")

    assert waiting(client) == {Waiting.TO_REVIEW: (1, ["Sắp đến"])}


def test_a_unit_is_not_told_when_its_models_are_due_to_be_reviewed(client, cell):
    model = factories.running(organisation=cell)
    decided(model, "strengthen", reason="Cần số liệu.", review_by=timezone.localdate())
    sign_in(client, of(cell))

    assert waiting(client) == {}


def test_a_model_waits_with_the_unit_it_is_recommended_to_until_that_unit_answers(client, cell):
    model = factories.running(name="Nên nhân rộng")
    elsewhere = factories.CellFactory()
    decided(model, "replicate", reason="Dễ học.", take_up=[cell, elsewhere])
    clerk, person = factories.ClerkFactory(), sign_in(client, of(cell))
    assert waiting(client) == {Waiting.TO_TAKE_UP: (1, ["Nên nhân rộng"])}
    client.force_login(clerk)
    assert waiting(client) == {Waiting.WITH_ADOPTERS: (1, ["Nên nhân rộng"])}

    taken_up = model.replications.get(organisation=cell)
    taken_up.state, taken_up.since = "doing", timezone.localdate()
    taken_up.save_by(person)

    assert waiting(client) == {Waiting.WITH_ADOPTERS: (1, ["Nên nhân rộng"])}
    client.force_login(person)
    assert waiting(client) == {}

    other = model.replications.get(organisation=elsewhere)
    other.state, other.remark = "unsuited", "Địa bàn khác."
    other.save_by(clerk)

    client.force_login(clerk)
    assert waiting(client) == {}


def test_what_is_recommended_leads_to_where_it_is_answered(client, ward, cell):
    """The ward's list names the model once, and leads from one of its cells to the next."""
    model = factories.running(name="Nên nhân rộng")
    other = factories.CellFactory(parent=ward)
    decided(model, "replicate", reason="Dễ học.", take_up=[cell, other, factories.CellFactory()])
    first, second = model.replications.filter(organisation__in=[cell, other])
    person, clerk = of(ward), factories.ClerkFactory()

    def leads_to(user, page):
        client.force_login(user)
        (address,) = html.fromstring(client.get(page).content).xpath(
            "//section//a[text()='Nên nhân rộng']/@href"
        )
        return address

    to_do = reverse("reviews:unit_to_do", args=[other.pk])
    form = [reverse("registry:replication_update", args=[one.pk]) for one in (first, second)]
    assert leads_to(person, HOME) == form[0]
    assert leads_to(person, to_do) == leads_to(clerk, to_do) == form[1]
    assert client.get(form[0]).status_code == HTTPStatus.OK
    # Who may not answer reads of the model.
    assert leads_to(factories.AdminFactory(), to_do) == model.get_absolute_url()

    first.state, first.remark = "unsuited", "Địa bàn khác."
    first.save_by(person)
    assert leads_to(person, HOME) == form[1]


def test_a_long_list_begins_on_the_page_and_is_counted_in_full(client):
    for _time in range(12):
        factories.submitted()
    sign_in(client, factories.ClerkFactory())

    number, names = waiting(client)[Waiting.TO_RECEIVE]

    assert (number, len(names)) == (12, 10)


def test_the_clerk_sees_papers_in_preparation_and_how_far_seminars_are(client):
    factories.DecisionFactory(subject="Thông báo kết quả")
    factories.issued(factories.DecisionFactory(subject="Đã ban hành"), factories.running())
    factories.opened(members=2, items=1)
    sign_in(client, factories.ClerkFactory())

    response = client.get(HOME)

    assertContains(response, "Thông báo kết quả")
    assertNotContains(response, "Đã ban hành")
    assert [(one.handed_in, one.ballots) for one in response.context["seminars"]] == [(0, 2)]
    papers = client.get(reverse("reviews:decision_list"), {"state": "draft"})
    assert papers.context["page_obj"].paginator.count == 1


def test_a_member_of_the_panel_sees_how_many_ballots_are_left(client):
    member = factories.PanelMemberFactory()
    seminar = factories.opened(member.seminar, items=3)
    factories.opened()
    sign_in(client, member.user)

    response = client.get(HOME)

    assert [(desk.pk, desk.left, desk.ballots) for desk in response.context["desks"]] == [
        (seminar.pk, 3, 3)
    ]
    assertContains(response, reverse("reviews:desk", args=[seminar.pk]))


@pytest.mark.parametrize("role", ["unit", "clerk"])
def test_the_page_takes_the_same_queries_however_much_waits(
    client, cell, role, django_assert_max_num_queries
):
    person = of(cell) if role == "unit" else factories.ClerkFactory()
    factories.submitted(organisation=cell)
    factories.PracticeModelFactory(organisation=cell)
    sign_in(client, person)
    client.get(HOME)

    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(HOME)
    PracticeModel.objects.bulk_create(
        factories.PracticeModelFactory.build_batch(
            50, organisation=cell, field=None, enrolment=False
        )
    )
    with django_assert_max_num_queries(8), CaptureQueriesContext(connection) as many:
        client.get(HOME)

    assert len(many) == len(few)


@pytest.mark.parametrize("of_a", ["cell", "ward"])
def test_whoever_looks_after_a_unit_sees_the_lists_of_its_own_first_page(
    client, ward, cell, settings, of_a
):
    settings.ENDORSEMENT = "optional"
    clerk, unit = factories.ClerkFactory(), {"cell": cell, "ward": ward}[of_a]
    for organisation in (ward, cell, factories.CellFactory()):
        factories.PracticeModelFactory.create_batch(11, organisation=organisation)
        factories.returned(organisation=organisation)
        factories.submitted(organisation=organisation)
        last_year = {"organisation": organisation, "enrolment__year": THIS_YEAR - 1}
        factories.running(**last_year)
        continued(factories.running(**last_year))
        decided(factories.running(), "replicate", reason="Dễ học.", take_up=[organisation])

    def shown(user, address):
        client.force_login(user)
        page = client.get(address)
        return page, [
            (task["what"], task["number"], [row["pk"] for row in task["rows"]])
            for task in page.context["tasks"] + page.context["with_others"]
        ]

    _page, own = shown(of(unit), HOME)
    page, found = shown(clerk, reverse("reviews:unit_to_do", args=[unit.pk]))

    assert found == own
    expected = set(Waiting) - set(home.FOR_THE_OFFICE)
    expected -= {Waiting.TO_ENDORSE} if of_a == "cell" else set()
    assert {what for what, _number, _rows in found} == expected
    assertNotContains(page, "?waiting=")


# --- What is new ----------------------------------------------------------------------------------


def here_before(client, user, *, hours=24):
    """Let somebody sign in whose last sign-in was a while ago."""
    client.logout()
    User.objects.filter(pk=user.pk).update(last_login=timezone.now() - timedelta(hours=hours))
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})


def new(client):
    """Return the names under what is new, whose number is that of the list it links to."""
    found = client.get(HOME).context["news"]
    if found.get("models"):
        listed = client.get(found["address"]).context
        assert listed["page_obj"].paginator.count == found["number"]
        assert not listed["not_understood"]
    return [model.name for model in found.get("models", [])]


def test_a_unit_sees_what_the_office_did_since_its_last_sign_in(client, cell):
    unit, clerk = of(cell), factories.ClerkFactory()
    factories.submitted(organisation=cell, by=unit, name="Của mình, không ai động đến")
    model = factories.submitted(organisation=cell, by=unit, name="Đã được nhận")
    factories.submitted(by=factories.UnitUserFactory(), name="Của đơn vị khác").accept(by=clerk)
    here_before(client, unit)
    assert new(client) == []

    model.accept(by=clerk)

    assert new(client) == ["Đã được nhận"]
    client.post(reverse("seen"))
    assert new(client) == []


def test_a_note_to_the_unit_is_new_to_it_and_one_of_the_office_is_not(client, cell):
    unit, clerk = of(cell), factories.ClerkFactory()
    one, other = factories.PracticeModelFactory.create_batch(2, organisation=cell)
    here_before(client, unit)

    Note.objects.write(one, "Xin bổ sung ảnh.", by=clerk)
    Note.objects.write(other, "Nội bộ", by=clerk, audience="office")

    assert new(client) == [one.name]


def test_the_clerk_sees_what_was_sent_meanwhile_also_for_another_year(client, cell):
    unit, clerk = of(cell), factories.ClerkFactory()
    model = factories.running(organisation=cell, enrolment__year=THIS_YEAR - 1)
    here_before(client, clerk, hours=0)
    client.post(reverse("seen"))
    year = model.continue_in(THIS_YEAR, by=unit)
    assert new(client) == []

    year.send(by=unit)

    assert new(client) == [model.name]


def correct(model, by):
    model.approach += " Đã sửa."
    model.write(by=by, version=model.version, why="Bổ sung.")


def add_photo(model, by):
    factories.EvidenceFactory(model=model, added_by=by).save_by(by)


def enter_figures(model, by):
    outcome = factories.OutcomeFactory.build(
        enrolment=model.enrolments.get(), indicator=factories.IndicatorFactory()
    )
    outcome.save_by(by)


WRITTEN = pytest.mark.parametrize("write", [correct, add_photo, enter_figures])


@WRITTEN
def test_texts_photos_and_figures_of_others_are_new_and_ones_own_are_not(client, cell, write):
    unit, clerk = of(cell), factories.ClerkFactory()
    model = factories.running(organisation=cell, name="Đường hoa")
    here_before(client, unit, hours=0)

    write(model, unit)
    assert new(client) == []
    write(model, clerk)
    assert new(client) == ["Đường hoa"]


@WRITTEN
def test_what_a_unit_writes_in_a_draft_is_new_to_its_own_people_alone(client, cell, write):
    clerk, unit, colleague = factories.ClerkFactory(), of(cell), of(cell)
    model = factories.PracticeModelFactory(organisation=cell, name="Bản nháp")
    here_before(client, clerk)
    write(model, unit)
    assert new(client) == []

    here_before(client, colleague)
    assert new(client) == ["Bản nháp"]


@WRITTEN
def test_a_member_of_the_panel_sees_what_has_changed_in_what_they_judge(client, write):
    member, clerk = factories.PanelMemberFactory(), factories.ClerkFactory()
    seminar = factories.opened(member.seminar, items=2)
    factories.opened(items=1)
    here_before(client, member.user, hours=0)
    assert list(client.get(HOME).context["news"]["ballots"]) == []

    for model in PracticeModel.objects.all():
        if model != seminar.items.last().model:
            write(model, clerk)

    (ballot,) = client.get(HOME).context["news"]["ballots"]
    assert (ballot.item, ballot.member) == (seminar.items.first(), member)
    assertContains(client.get(HOME), ballot.get_absolute_url())
    seminar.close(by=clerk)
    assert list(client.get(HOME).context["news"]["ballots"]) == []


def test_a_paper_issued_meanwhile_is_new_to_whoever_may_see_it(client, cell):
    unit, clerk = of(cell), factories.ClerkFactory()
    model = factories.running(organisation=cell, enrolment__year=THIS_YEAR - 1)
    stranger = factories.UnitUserFactory()
    paper = factories.issued(None, model, by=clerk)

    here_before(client, unit)
    assert client.get(HOME).context["news"]["papers"] == [paper]
    here_before(client, stranger)
    assert client.get(HOME).context["news"]["papers"] == []


def test_at_the_first_sign_in_nothing_is_called_new(client, cell):
    unit = of(cell)
    User.objects.filter(pk=unit.pk).update(last_login=None)
    client.post(reverse("account_login"), {"login": unit.username, "password": PASSWORD})

    assert client.get(HOME).context["news"] == {}


@pytest.mark.parametrize(
    "moment", ["", "x", "0001-01-01T00:00", "9999-12-31T23:59:59", "2026-11-22", "2026-13-45T99:99"]
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_moment_that_is_none_narrows_nothing_and_breaks_nothing(
    client, cell, settings, moment, signed_in
):
    settings.PUBLIC_CATALOGUE = True
    if signed_in:
        sign_in(client, of(cell))

    page = client.get("/models/", {"changed_since": moment})

    assert page.status_code == 200


# --- For others, and until when -------------------------------------------------------------------


def test_what_waits_for_others_stands_apart_from_what_waits_for_oneself(client, cell):
    unit, clerk = of(cell), factories.ClerkFactory()
    factories.submitted(organisation=cell, by=unit)
    factories.returned(organisation=cell, by=unit, clerk=clerk)

    sign_in(client, unit)
    page = client.get(HOME).context
    assert [task["what"] for task in page["tasks"]] == [Waiting.RETURNED]
    assert [task["what"] for task in page["with_others"]] == [Waiting.SENT]

    sign_in(client, clerk)
    page = client.get(HOME).context
    assert [task["what"] for task in page["tasks"]] == [Waiting.TO_RECEIVE]
    assert [task["what"] for task in page["with_others"]] == [Waiting.WITH_UNITS]


def test_each_says_since_when_it_waits(client, cell):
    unit, clerk = of(cell), factories.ClerkFactory()
    model = factories.returned(organisation=cell, by=unit, clerk=clerk)
    with appendonly.suspended():
        Move.objects.filter(model=model, to_status="returned").update(
            at=timezone.now() - timedelta(days=9)
        )
    sign_in(client, unit)

    day = timezone.localtime(model.moves.get(to_status="returned").at)
    assertContains(client.get(HOME), f"từ {day:%d/%m/%Y}")


def test_what_is_continued_waits_to_be_sent_since_that_was_begun(client, cell):
    unit = sign_in(client, of(cell))
    model = factories.running(organisation=cell, enrolment__year=THIS_YEAR - 1)
    PracticeModel.objects.update(updated_at=timezone.now() - timedelta(days=900))
    enrolment = model.continue_in(THIS_YEAR, by=unit)
    begun = timezone.now() - timedelta(days=3)
    with appendonly.suspended():
        enrolment.history.update(history_date=begun)

    (row,) = client.get(HOME).context["tasks"][0]["rows"]

    assert row["since"] == begun


def test_what_is_to_be_sent_has_the_deadline_of_the_years_round(client, cell):
    unit = sign_in(client, of(cell))
    factories.PracticeModelFactory(organisation=cell)
    factories.running(organisation=cell, enrolment__year=THIS_YEAR - 1)
    model = factories.running(organisation=cell, enrolment__year=THIS_YEAR - 1)
    model.continue_in(THIS_YEAR, by=unit)
    returned = factories.returned(organisation=cell, by=unit)

    def due():
        tasks = client.get(HOME).context["tasks"]
        return {task["what"]: task["rows"][0]["due"] for task in tasks}

    asked_back = {Waiting.RETURNED: returned.moves.latest("at", "pk").due}
    to_send = [Waiting.DRAFTS, Waiting.TO_CONTINUE, Waiting.TO_SEND]
    factories.RoundFactory(year=THIS_YEAR - 1)
    assert due() == asked_back | dict.fromkeys(to_send)

    today = timezone.localdate()
    period = factories.RoundFactory(opens_on=today, deadline=today + timedelta(days=20))

    assert due() == asked_back | dict.fromkeys(to_send, period.deadline)
    assertContains(client.get(HOME), f"hạn đến {period.deadline:%d/%m/%Y}")


def test_what_was_typed_and_not_saved_is_found_again_by_its_writer_alone(client, cell):
    unit, colleague = of(cell), of(cell)
    DraftBuffer.objects.keep(
        unit.pk, uuid4(), path="/models/new/", content={"name": ["Đường hoa của khối phố"]}
    )

    sign_in(client, unit)
    assertContains(client.get(HOME), "Đường hoa của khối phố")
    sign_in(client, colleague)
    assertNotContains(client.get(HOME), "Đường hoa của khối phố")


def test_what_was_typed_about_a_record_is_named_by_it_if_it_is_still_seen(client, cell):
    unit = of(cell)
    model = factories.PracticeModelFactory(organisation=cell, name="Tổ tự quản")
    other = factories.PracticeModelFactory(name="Của đơn vị khác")
    for each in (model, other):
        path = f"/models/{each.pk}/edit/"
        DraftBuffer.objects.keep(unit.pk, uuid4(), path=path, content={"subject": ["collective"]})
    sign_in(client, unit)

    page = client.get(HOME)

    assert {buffer.about for buffer in page.context["unsaved"]} == {model, None}
    assertNotContains(page, "Của đơn vị khác")


def test_what_was_typed_into_a_form_that_opens_no_more_is_read_and_let_go_of_here(client, cell):
    unit = of(cell)
    path, opened = "/assessments/999/", uuid4()
    DraftBuffer.objects.keep(unit.pk, opened, path=path, content={"remark": ["Nên nhân rộng."]})
    sign_in(client, unit)

    assertContains(client.get(HOME), "Nên nhân rộng.")
    answer = client.post(reverse("registry:draft_discard", args=[opened]), {"from": "home"})

    assertRedirects(answer, HOME)
    assertNotContains(client.get(HOME), "Nên nhân rộng.")
