"""Beside the list of models: filters that people keep, and one thing done to many at once."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry import appendonly
from registry.forms.lists import SavedFilterForm
from registry.models import BulkAction, Field, MoveRefused, PracticeModel, SavedFilter
from tests import factories
from tests.counting import rows

pytestmark = pytest.mark.django_db

FILTERS, BULK = reverse("registry:filter_list"), reverse("registry:bulk")
Status = PracticeModel.Status


@pytest.fixture
def clerk(client):
    clerk = factories.ClerkFactory()
    client.force_login(clerk)
    return clerk


# --- Filters of one's own -------------------------------------------------------------------------


def keep(client, name, **query):
    return client.post(f"{reverse('registry:filter_create')}?{urlencode(query)}", {"name": name})


def test_a_kept_filter_is_found_by_its_owner_alone(client, clerk):
    response = keep(client, "Chờ tiếp nhận", status="submitted", sort="unit", page="3", x="1")

    kept = SavedFilter.objects.get()
    assert kept.query == "sort=unit&status=submitted"
    assertRedirects(response, kept.address)
    assertContains(client.get(FILTERS), "Chờ tiếp nhận")
    client.force_login(factories.ClerkFactory())
    assertNotContains(client.get(FILTERS), "Chờ tiếp nhận")
    remove = reverse("registry:filter_remove", args=[kept.pk])
    assert client.post(remove).status_code == 404
    client.force_login(clerk)
    client.post(remove)
    assert not SavedFilter.objects.exists()


def test_what_is_wrong_with_a_name_is_said_at_its_field(client, clerk):
    assert keep(client, "", status="running").context["form"].errors["name"]
    keep(client, "Của tôi", status="running")

    for name in (" Của  tôi ", "của tôi", "CỦA  TÔI"):
        assertContains(keep(client, name, status="closed"), "đã có bộ lọc tên này")
    assert SavedFilter.objects.count() == 1


def test_one_person_keeps_twenty_filters(client, clerk):
    for number in range(SavedFilter.MOST + 1):
        page = keep(client, f"Bộ lọc {number}", status="running")

    assert SavedFilter.objects.count() == SavedFilter.MOST
    assertContains(page, "20")


def test_a_list_that_is_not_narrowed_is_nothing_to_keep(client, clerk):
    assert keep(client, "Tất cả", page="2").status_code == 400


def test_what_is_to_be_kept_is_said_in_words(client, clerk):
    field = factories.FieldFactory(name="Môi trường")
    unit = factories.OrganisationFactory(name="Đảng ủy phường Bình Minh")
    query = {"field": field.pk, "organisation": unit.pk, "status": "running"}

    page = client.get(reverse("registry:filter_create"), query)

    values = [chip["value"] for chip in page.context["chips"]]
    assert values == ["Môi trường", "Đảng ủy phường Bình Minh", "Đang thực hiện"]


def test_a_kept_filter_stands_above_the_list_and_says_when_it_is_shown(client, clerk):
    keep(client, "Chờ tiếp nhận", status="submitted")
    keep(client, "Đã kết thúc", status="closed")
    models = reverse("registry:practicemodel_list")

    page = client.get(models, {"status": "submitted", "page": "1", "sort": "junk"})

    shown = {name: is_shown for name, _address, is_shown in page.context["kept_filters"]}
    assert shown == {"Chờ tiếp nhận": True, "Đã kết thúc": False}
    assertContains(page, 'aria-current="page">Chờ tiếp nhận')
    client.force_login(factories.ClerkFactory())
    assert client.get(models).context["kept_filters"] == []


def test_a_filter_that_is_kept_twice_at_once_is_kept_once(client, clerk, monkeypatch):
    """The other request has it kept after this one has looked for the name."""
    look = SavedFilterForm.clean_name

    def look_just_before(form):
        name = look(form)
        SavedFilter.objects.create(user=clerk, name=name, query="status=running")
        return name

    monkeypatch.setattr(SavedFilterForm, "clean_name", look_just_before)

    answer = keep(client, "Của tôi", status="running")

    assertContains(answer, "đã có bộ lọc tên này")
    assert SavedFilter.objects.count() == 1


def test_what_is_not_understood_is_not_kept(client, clerk):
    assert keep(client, "Lạ", status="junk", year="9" * 30, q="a\0b").status_code == 400

    keep(client, "Một nửa", status="junk", level="city", sort="junk")

    assert SavedFilter.objects.get().query == "level=city"


def test_words_too_long_to_be_kept_are_said_and_not_cut(client, clerk):
    page = keep(client, "Dài", q="ế" * 150)

    assert page.context["form"].non_field_errors()
    assert not SavedFilter.objects.exists()


# --- Many at once ---------------------------------------------------------------------------------


def preview(client, models=(), **sent):
    return client.post(BULK, {"step": "preview", "model": [model.pk for model in models], **sent})


def confirm(client, page, token=None):
    sealed = page.context["sealed"]
    sent = {"sealed": sealed, "token": token or page.context["token"]}
    return client.post(reverse("registry:bulk_confirm"), sent, follow=True)


def take_back(client, action):
    return client.post(reverse("registry:bulk_take_back", args=[action.pk]), follow=True)


def test_ticked_registrations_are_received_each_on_record_and_taken_back(client, clerk):
    models = [factories.submitted() for _number in range(3)]

    page = preview(client, models[:2], kind="receive")
    assert {model.status for model in PracticeModel.objects.all()} == {Status.SUBMITTED}
    confirm(client, page)

    statuses = [PracticeModel.objects.get(pk=model.pk).status for model in models]
    assert statuses == [Status.RUNNING, Status.RUNNING, Status.SUBMITTED]
    last = models[0].moves.first()
    assert (last.name, last.by) == ("accept", clerk)

    take_back(client, BulkAction.objects.get())

    assert {model.status for model in PracticeModel.objects.all()} == {Status.SUBMITTED}
    model = PracticeModel.objects.get(pk=models[0].pk)
    assert (model.accepted_at, model.enrolments.get().accepted_at) == (None, None)
    assert [move.name for move in model.moves.all()][:2] == ["take_back", "accept"]
    model.accept(by=clerk)


def test_all_that_the_filters_find_are_counted_and_meant_and_no_others(client, clerk):
    field, other = factories.FieldFactory(), factories.FieldFactory()
    inside = [factories.running(field=field) for _number in range(3)]
    outside = factories.running(field=other)

    page = client.get(BULK, {"field": field.pk})
    assert (page.context["number"], page.context["is_all"]) == (3, True)
    page = client.post(
        BULK,
        {"step": "preview", "all": "yes", "query": f"field={field.pk}"}
        | {"kind": "field", "field": other.pk},
    )
    confirm(client, page)

    moved = PracticeModel.objects.filter(field=other)
    assert set(moved) == {*inside, outside}
    take_back(client, BulkAction.objects.get())
    assert set(PracticeModel.objects.filter(field=field)) == set(inside)


def test_who_leaves_it_for_later_is_back_on_the_list_they_came_from(client, clerk):
    model = factories.submitted(name="Đường hoa & cờ")
    came_from = {"q": "hoa & cờ", "sort": "code", "waiting": "to-receive"}
    listed = client.get(reverse("registry:practicemodel_list"), came_from | {"page": "1"})
    ticked = dict(
        html.fromstring(listed.content).get_element_by_id("main-content").forms[-1].fields
    )

    chosen = client.post(BULK, ticked | {"model": model.pk})
    asked = dict(html.fromstring(chosen.content).get_element_by_id("main-content").forms[-1].fields)
    shown = client.post(BULK, asked | {"kind": "receive", "field": ""})

    assert "rows" in shown.context
    for page in (chosen, shown):
        links = html.fromstring(page.content).xpath("//a[starts-with(@href, '/models/?')]/@href")
        assert [dict(parse_qsl(urlsplit(link).query)) for link in links] == [came_from] * 2


@pytest.mark.parametrize("query", ["//theirs.example", "x=1&next=//theirs.example", "\r\nA: b"])
def test_the_way_back_leads_to_our_list_whatever_is_sent(client, clerk, query):
    page = preview(client, [factories.submitted()], kind="receive", query=query)

    links = html.fromstring(page.content).xpath("//a/@href")
    assert links.count(reverse("registry:practicemodel_list")) == 3  # navigation has one
    assert not [link for link in links if "theirs" in link or "\n" in link]


def test_no_tick_means_no_model_and_not_all(client, clerk):
    factories.submitted()

    page = preview(client, kind="receive")

    assert page.context["number"] == 0
    assertContains(page, "app-empty")


def test_the_preview_says_what_is_left_out_and_why_and_does_nothing(client, clerk):
    waits, runs = factories.submitted(), factories.running()
    before = rows()

    page = preview(client, [waits, runs], kind="receive")

    refusals = {model.pk: bool(refusal) for model, refusal, _numbers in page.context["rows"]}
    assert refusals == {waits.pk: False, runs.pk: True}
    assert page.context["does"] == 1
    assert rows() == before


def test_what_somebody_has_saved_since_the_preview_is_left_out(client, clerk):
    one, other = factories.running(public=False), factories.running(public=False)
    page = preview(client, [one, other], kind="publish")
    other.place = "Nơi khác"
    other.write(by=clerk, version=other.version)

    done = confirm(client, page)

    assert [change.model for change in done.context["done"]] == [one]
    assert [change.model for change in done.context["left_out"]] == [other]
    assert list(PracticeModel.objects.filter(public=True)) == [one]


def test_what_somebody_has_saved_since_is_not_taken_back(client, clerk):
    one, other = factories.running(public=False), factories.running(public=False)
    confirm(client, preview(client, [one, other], kind="publish"))
    other.refresh_from_db()
    other.place = "Nơi khác"
    other.write(by=clerk, version=other.version)

    page = take_back(client, BulkAction.objects.get())

    assert list(PracticeModel.objects.filter(public=True)) == [other]
    assertContains(page, "không hoàn lại được")


def test_after_ten_minutes_nothing_is_taken_back(client, clerk):
    model = factories.submitted()
    confirm(client, preview(client, [model], kind="receive"))
    action = BulkAction.objects.get()
    BulkAction.objects.update(at=timezone.now() - timedelta(minutes=10))

    assert take_back(client, action).status_code == 409

    model.refresh_from_db()
    assert model.status == Status.RUNNING


def test_what_was_taken_back_was_received_when_it_was_sent(client, clerk):
    model = factories.submitted()
    with appendonly.suspended():
        model.moves.update(at=timezone.now() - timedelta(hours=3))
    sent_at = timezone.localtime(model.moves.get().at)
    confirm(client, preview(client, [model], kind="receive"))

    take_back(client, BulkAction.objects.get())

    assertContains(client.get(model.get_absolute_url()), f"</span> – {sent_at:%H:%M %d/%m/%Y}")
    form = client.get(reverse("registry:practicemodel_update", args=[model.pk]))
    assertContains(form, f"</span> – {sent_at:%H:%M %d/%m/%Y}")
    receipt = client.get(reverse("registry:practicemodel_received", args=[model.pk]))
    assertContains(receipt, f"{sent_at:%H:%M – %d/%m/%Y}")


def test_an_acceptance_is_taken_back_only_while_it_is_the_last_move_and_fresh():
    clerk = factories.ClerkFactory()
    model = factories.running(clerk=clerk)
    with appendonly.suspended():
        model.moves.update(at=timezone.now() - timedelta(minutes=11))

    with pytest.raises(MoveRefused):
        model.take_back_accept(by=clerk, version=model.version)

    model.refresh_from_db()
    assert model.status == Status.RUNNING


def test_an_acceptance_of_a_year_that_is_frozen_is_not_taken_back(client, clerk):
    model = factories.submitted()
    confirm(client, preview(client, [model], kind="receive"))
    factories.RoundFactory().close(by=clerk)

    take_back(client, BulkAction.objects.get())

    model.refresh_from_db()
    enrolment = model.enrolments.get()
    assert (model.status, enrolment.accepted_by) == (Status.RUNNING, clerk)
    assert enrolment.frozen_at is not None


@pytest.mark.parametrize("state", ["PracticeModelFactory", "submitted", "returned", "refused"])
def test_what_was_never_accepted_comes_into_the_open_catalogue_by_no_way(client, clerk, state):
    model = getattr(factories, state)()
    button = reverse("registry:practicemodel_public", args=[model.pk])

    assertNotContains(client.get(model.get_absolute_url()), button)
    page = client.post(button, {"public": "yes", "version": model.version})
    assertContains(page, model.get_absolute_url(), status_code=409)
    assert preview(client, [model], kind="publish").context["does"] == 0
    assert not PracticeModel.objects.filter(public=True).exists()


@pytest.mark.parametrize("state", ["running", "closed"])
def test_what_was_ever_accepted_is_put_into_the_open_catalogue_one_by_one_or_many(
    client, clerk, state
):
    one, other = (getattr(factories, state)() for _number in range(2))
    button = reverse("registry:practicemodel_public", args=[one.pk])

    client.post(button, {"public": "yes", "version": one.version})
    confirm(client, preview(client, [one, other], kind="publish"))

    assert set(PracticeModel.objects.filter(public=True)) == {one, other}
    assert [change.left_out for change in BulkAction.objects.get().changes.order_by("pk")] == [""]


@pytest.mark.parametrize("state", ["submitted", "PracticeModelFactory"])
def test_what_is_in_the_open_catalogue_is_taken_out_wherever_it_stands(client, clerk, state):
    model = getattr(factories, state)(public=True)
    button = reverse("registry:practicemodel_public", args=[model.pk])
    assertContains(client.get(model.get_absolute_url()), button)

    confirm(client, preview(client, [model], kind="hide"))

    assert not PracticeModel.objects.filter(public=True).exists()


def test_one_preview_confirmed_twice_is_done_once(client, clerk):
    model = factories.submitted()
    page = preview(client, [model], kind="receive")

    first, second = confirm(client, page), confirm(client, page)

    assert first.redirect_chain == second.redirect_chain
    assert BulkAction.objects.count() == 1


@pytest.mark.parametrize("sealed", ["", "x", "eyJ4IjoxfQ:1:2", "é\0"])
def test_a_preview_that_is_not_ours_is_refused(client, clerk, sealed):
    before = rows()
    sent = {"sealed": sealed, "token": uuid4()}

    assert client.post(reverse("registry:bulk_confirm"), sent).status_code == 400
    assert rows() == before


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [({}, "kind"), ({"kind": "delete"}, "kind"), ({"kind": "field"}, "field")],
)
def test_what_is_missing_is_said_at_its_field(client, clerk, sent, wrong):
    page = preview(client, [factories.running()], **sent)

    assert list(page.context["form"].errors) == [wrong]


def test_too_many_are_refused_in_so_many_words(client, clerk, monkeypatch):
    monkeypatch.setattr(BulkAction, "MOST", 2)
    for _number in range(3):
        factories.submitted()

    page = client.get(BULK, {"status": "submitted"})

    assert page.context["too_many"]
    assertNotContains(page, 'name="kind"')


def test_only_whoever_did_it_sees_it_and_takes_it_back(client, clerk):
    confirm(client, preview(client, [factories.submitted()], kind="receive"))
    action = BulkAction.objects.get()

    client.force_login(factories.ClerkFactory())

    assert client.get(action.get_absolute_url()).status_code == 404
    assert take_back(client, action).status_code == 404
    assert Field.objects.exists()


def test_a_draft_is_left_to_its_unit_which_may_still_discard_it(client, clerk):
    draft, field = factories.PracticeModelFactory(), factories.FieldFactory()

    page = preview(client, [draft], kind="field", field=field.pk)

    assert page.context["does"] == 0
    draft.discard(by=clerk)
    assert not PracticeModel.objects.exists()


def test_taking_back_twice_is_taking_back_once(client, clerk):
    model = factories.submitted()
    confirm(client, preview(client, [model], kind="receive"))
    action = BulkAction.objects.get()

    first, second = take_back(client, action), take_back(client, action)

    assert first.redirect_chain == second.redirect_chain
    assert model.moves.filter(name="take_back").count() == 1


def test_an_acceptance_on_which_a_unit_has_built_is_not_taken_back(client, clerk):
    model = factories.submitted()
    confirm(client, preview(client, [model], kind="receive"))
    model.refresh_from_db()
    model.continue_in(model.enrolments.get().year + 1, by=clerk)

    page = take_back(client, BulkAction.objects.get())

    model.refresh_from_db()
    assert model.status == Status.RUNNING
    assert [bool(change.left_out_again) for change in page.context["done"]] == [True]


def test_a_preview_that_has_run_out_leads_back_to_the_list(client, clerk, monkeypatch):
    model = factories.submitted()
    page = preview(client, [model], kind="receive")
    monkeypatch.setattr("registry.views.lists.GOOD_FOR_SECONDS", -1)

    late = confirm(client, page)

    assertContains(late, reverse("registry:practicemodel_list"), status_code=409)
    model.refresh_from_db()
    assert model.status == Status.SUBMITTED


def test_nothing_is_put_into_a_field_that_has_gone_since_the_preview(client, clerk):
    model, field = factories.running(), factories.FieldFactory()
    page = preview(client, [model], kind="field", field=field.pk)
    field.delete()

    assert confirm(client, page).status_code == 409
    assert not BulkAction.objects.exists()
