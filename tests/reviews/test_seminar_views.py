"""The pages on which the clerk plans a seminar, and who may."""

from http import HTTPStatus
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import pgettext
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains

from reviews.models import Seminar
from tests import factories
from tests.reviews.pages import answers_on, leads_to, planned, sent, signed_in, to

pytestmark = pytest.mark.django_db

LIST = reverse("reviews:seminar_list")
NEW = reverse("reviews:seminar_create")


@pytest.fixture
def clerk(client):
    return signed_in(client, factories.ClerkFactory())


# --- The list -------------------------------------------------------------------------------


def test_a_register_without_seminars_says_so(client, clerk):
    response = client.get(LIST)

    assertContains(response, NEW)
    assert not response.context["page_obj"].object_list
    assert html.fromstring(response.content).find(".//table") is None


def test_the_latest_seminar_comes_first_and_the_list_has_pages(client, clerk):
    for day in range(1, 29):
        factories.SeminarFactory(title=f"Tọa đàm ngày {day}", held_on=f"2026-02-{day:02}")

    first, last = client.get(LIST), client.get(LIST, {"page": "999999"})

    titles = [s.title for page in (first, last) for s in page.context["page_obj"]]
    assert titles == [f"Tọa đàm ngày {day}" for day in range(28, 0, -1)]


def test_a_unit_finds_only_seminars_with_a_model_of_its_own(client):
    own, other = planned("Mô hình của mình"), planned("Mô hình của bạn")
    signed_in(client, factories.UnitUserFactory(organisation=own.items.get().organisation))

    response = client.get(LIST)

    assert list(response.context["page_obj"]) == [own]
    assertNotContains(response, NEW)
    assert client.get(other.get_absolute_url()).status_code == HTTPStatus.NOT_FOUND


# --- Planning -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Seminar.Kind)
def test_a_seminar_of_each_kind_is_planned_on_one_page(client, clerk, kind):
    response = client.post(
        NEW,
        {
            "token": uuid4(),
            "kind": kind,
            "title": "Tọa đàm đánh giá mô hình",
            "held_on": "5/6/2026",
            "place": "Hội trường",
            "quorum": "4",
        },
    )

    seminar = Seminar.objects.get()
    leads_to(response, seminar.get_absolute_url())
    assert (seminar.kind, seminar.held_on.isoformat(), seminar.state) == (
        kind, "2026-06-05", "planned",
    )  # fmt: skip
    assert seminar.history.get().history_user == clerk


def test_one_form_sent_twice_plans_one_seminar(client, clerk):
    form = {"token": uuid4(), "kind": "seminar", "title": "Tọa đàm", "held_on": "5/6/2026"}

    first, second = client.post(NEW, form), client.post(NEW, form)

    assert Seminar.objects.count() == 1
    assert first.url == second.url


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(client, clerk):
    form = {"token": uuid4(), "kind": "party", "title": "Tọa đàm", "held_on": "31/2/2026"}

    response = client.post(NEW, form)

    assert set(response.context["form"].errors) == {"kind", "held_on"}
    assertContains(response, 'value="31/2/2026"')
    assert not Seminar.objects.exists()


def test_a_seminar_is_changed_unless_somebody_else_has_done_so_meanwhile(client, clerk):
    seminar = planned("Một")
    answers = answers_on(client.get(to("seminar_update", seminar)))
    answers |= {"title": "Tọa đàm tháng Sáu"}

    leads_to(client.post(to("seminar_update", seminar), answers), seminar.get_absolute_url())
    late = client.post(to("seminar_update", seminar), answers | {"title": "Khác"})
    unsaid = client.post(to("seminar_update", seminar), answers | {"version": "x"})

    assert (late.status_code, unsaid.status_code) == (HTTPStatus.CONFLICT, HTTPStatus.CONFLICT)
    assert Seminar.objects.get().title == "Tọa đàm tháng Sáu"


@pytest.mark.parametrize(
    ("name", "typed"),
    [("held_on", "1/6/1800"), ("held_on", "1/6/9999"), ("quorum", "99999999"), ("quorum", "61")],
)
def test_a_seminar_too_far_off_or_of_more_ballots_than_members_is_a_slip(
    client, clerk, name, typed
):
    seminar = planned("Một")

    refused = sent(client, "seminar_update", seminar, **{name: typed})

    assert list(refused.context["form"].errors) == [name]


def test_the_form_of_a_seminar_asks_for_its_venue_and_not_for_an_area(client, clerk):
    form = client.get(NEW).context["form"]

    assert form["place"].label == pgettext("meeting", "Place")


# --- The panel ------------------------------------------------------------------------------


def rows(prefix, *given, initial=0, **more):
    """Return what a page with rows posts."""
    posted = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(given):
        posted |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return posted | more


def test_the_panel_is_seated_with_unit_and_account_typed_by_name(client, clerk):
    seminar = planned("Một")
    person = factories.PanelUserFactory(username="0905123456")
    ward = factories.OrganisationFactory(name="Đảng ủy phường Sông Xanh")
    version = client.get(to("panel_update", seminar)).context["version"]

    response = client.post(
        to("panel_update", seminar),
        rows(
            "members",
            {
                "position": "1",
                "name": "Lê Thử",
                "title": "Trưởng ban",
                "organisation": "song xanh",
                "user": "0905 123 456",
            },
            {"position": "2", "name": "Phan Thử"},
            version=version,
        ),
    )

    leads_to(response, seminar.get_absolute_url())
    first, second = seminar.members.all()
    assert (first.name, first.organisation, first.user) == ("Lê Thử", ward, person)
    assert (second.name, second.organisation, second.user) == ("Phan Thử", None, None)
    assert first.history.get().history_user == clerk


@pytest.mark.parametrize("account", ["khongco", "donvi", "cu"])
def test_only_an_account_of_the_panel_can_be_seated(client, clerk, account):
    factories.UnitUserFactory(username="donvi")
    factories.PanelUserFactory(username="cu", is_active=False)
    seminar = planned("Một")
    version = client.get(to("panel_update", seminar)).context["version"]

    response = client.post(
        to("panel_update", seminar),
        rows("members", {"position": "1", "name": "Lê Thử", "user": account}, version=version),
    )

    assert list(response.context["formset"].forms[0].errors) == ["user"]
    assert not seminar.members.exists()


def test_a_member_is_taken_off_the_panel_and_the_others_stay_untouched(client, clerk):
    seminar = planned("Một")
    unit = factories.CellFactory()
    gone, stays = (
        factories.PanelMemberFactory(seminar=seminar, organisation=unit, position=position)
        for position in (1, 2)
    )
    entries = stays.history.count()

    response = sent(client, "panel_update", seminar, **{"members-0-DELETE": "on"})

    leads_to(response, seminar.get_absolute_url())
    assert list(seminar.members.all()) == [stays]
    assert stays.history.count() == entries
    assert gone.history.first().history_type == "-"


def test_the_page_of_the_panel_asks_as_many_queries_for_twenty_as_for_two(client, clerk):
    def queries(number):
        seminar = planned("Một")
        for _ in range(number):
            unit = factories.CellFactory()
            factories.PanelMemberFactory(seminar=seminar, organisation=unit)
        with CaptureQueriesContext(connection) as captured:
            client.get(to("panel_update", seminar))
        return len(captured)

    assert queries(20) == queries(2)


@pytest.mark.parametrize("page", ["panel_update", "criteria_update"])
def test_rows_that_are_no_rows_are_no_error_of_ours(client, clerk, page):
    seminar = planned("Một")
    prefix = {"panel_update": "members", "criteria_update": "criteria"}[page]
    version = client.get(to(page, seminar)).context["version"]

    for posted in (
        {"version": version},
        {f"{prefix}-TOTAL_FORMS": "x", f"{prefix}-INITIAL_FORMS": "-1", "version": version},
        rows(prefix, {"id": "9" * 40, "name": "a\0b", "position": "-1"}, initial=1)
        | {"version": version},
    ):
        assert client.post(to(page, seminar), posted).status_code == HTTPStatus.OK
    assert client.post(to(page, seminar), rows(prefix)).status_code == HTTPStatus.CONFLICT


def test_a_row_that_is_sent_twice_is_refused_and_stays(client, clerk):
    seminar = planned("Một")
    first, second = (
        factories.PanelMemberFactory(seminar=seminar, position=position) for position in (1, 2)
    )

    both_gone = {"members-0-DELETE": "on", "members-1-DELETE": "on"}
    response = sent(client, "panel_update", seminar, **both_gone, **{"members-1-id": first.pk})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert list(seminar.members.all()) == [first, second]


# --- Criteria -------------------------------------------------------------------------------


def test_the_suggested_criteria_are_a_hundred_points_there_to_be_changed(client, clerk):
    seminar = planned("Một")

    for _twice in range(2):
        client.post(to("criteria_update", seminar), {"suggested": "yes"})

    assert list(seminar.criteria.values_list("max_points", flat=True)) == [20, 15, 25, 15, 15, 10]
    leads_to(
        sent(client, "criteria_update", seminar, **{"criteria-0-name": "Tính thiết thực"}),
        seminar.get_absolute_url(),
    )
    assert seminar.criteria.first().name == "Tính thiết thực"


def test_the_suggested_criteria_are_in_vietnamese_on_an_english_page_too(client, clerk):
    in_vietnamese, seminar = planned("Một"), planned("Hai")
    client.post(to("criteria_update", in_vietnamese), {"suggested": "yes"})
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    client.post(to("criteria_update", seminar), {"suggested": "yes"})

    names = [
        list(each.criteria.values_list("name", flat=True)) for each in (in_vietnamese, seminar)
    ]
    assert names[0] == names[1]


def test_a_row_that_repeats_another_is_told_so_at_its_field(client, clerk):
    seminar = planned("Một")
    person = factories.PanelUserFactory()
    seat = {"position": "1", "name": "Lê Thử", "user": person.username}
    twice = {"position": "1", "name": "Tính mới", "max_points": "10"}

    for page, prefix, row, name in (
        ("panel_update", "members", seat, "user"),
        ("criteria_update", "criteria", twice, "name"),
    ):
        version = client.get(to(page, seminar)).context["version"]
        posted = rows(prefix, row, row | {"position": "2"}, version=version)
        formset = client.post(to(page, seminar), posted).context["formset"]
        assert [list(form.errors) for form in formset] == [[], [name]]
        assert not formset.non_form_errors()


def test_of_two_rows_with_one_account_the_one_that_is_taken_away_does_not_count(client, clerk):
    seminar = planned("Một")
    member = factories.PanelMemberFactory(seminar=seminar)
    seat = {"position": "1", "name": "Lê Thử", "user": member.user.username}
    version = client.get(to("panel_update", seminar)).context["version"]
    gone = seat | {"id": member.pk, "DELETE": "on"}

    posted = rows("members", gone, seat, initial=1, version=version)
    formset = client.post(to("panel_update", seminar), posted)

    leads_to(formset, seminar.get_absolute_url())


def test_a_criterion_has_a_name_of_its_own_and_points(client, clerk):
    seminar = planned("Một")
    version = client.get(to("criteria_update", seminar)).context["version"]
    twice = {"position": "1", "name": "Tính mới", "max_points": "10"}

    for given in ([twice, twice], [twice | {"max_points": "0"}], [twice | {"max_points": "101"}]):
        response = client.post(
            to("criteria_update", seminar), rows("criteria", *given, version=version)
        )
        assert response.context["formset"].total_error_count()

    assert not seminar.criteria.exists()


# --- Who may --------------------------------------------------------------------------------


PAGES = [
    "seminar_update", "panel_update", "criteria_update", "agenda_add", "agenda_add_block",
    "seminar_open", "seminar_close", "conclude_rest",
]  # fmt: skip
ITEM_PAGES = ["agendaitem_update", "agendaitem_move", "agendaitem_drop", "conclusion_update"]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("panel", HTTPStatus.FORBIDDEN),
        ("admin", HTTPStatus.FORBIDDEN),
        ("unit", HTTPStatus.FORBIDDEN),
        ("stranger", HTTPStatus.NOT_FOUND),
    ],
)
def test_only_the_clerk_runs_a_seminar(client, who, status):
    seminar = planned("Một")
    item = seminar.items.get()
    person = {
        "panel": factories.PanelUserFactory,
        "admin": factories.AdminFactory,
        "unit": lambda: factories.UnitUserFactory(organisation=item.organisation),
        "stranger": factories.UnitUserFactory,
    }[who]()
    if who == "panel":
        factories.PanelMemberFactory(seminar=seminar, user=person)
    signed_in(client, person)

    answers = [client.post(to(page, seminar)) for page in PAGES]
    answers += [client.post(to(page, item)) for page in ITEM_PAGES]

    assert {answer.status_code for answer in answers} == {status}
    assert client.post(NEW).status_code == HTTPStatus.FORBIDDEN
    assert Seminar.objects.get().is_planned


@pytest.mark.parametrize("page", ["seminar_open", "seminar_close"])
def test_a_link_opens_and_closes_nothing(client, clerk, page):
    assert client.get(to(page, planned("Một"))).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_an_unknown_seminar_or_item_is_not_found(client, clerk):
    for page in ("seminar_detail", "seminar_update", "agendaitem_detail", "conclusion_update"):
        address = reverse(f"reviews:{page}", args=[999_999_999_999_999_999])
        assert client.get(address).status_code == HTTPStatus.NOT_FOUND
