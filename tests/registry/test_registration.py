"""Registering a model: one page, where no word is lost."""

import unicodedata
from datetime import date
from http import HTTPStatus
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry.models import Enrolment, Evidence, Opening, Organisation, PracticeModel
from tests import factories

pytestmark = pytest.mark.django_db

NEW = "/models/new/"
Status = PracticeModel.Status


@pytest.fixture
def cell():
    return factories.CellFactory(name="Chi bộ khối phố Mẫu")


@pytest.fixture
def person(client, cell):
    user = factories.UnitUserFactory(organisation=cell)
    client.force_login(user)
    return user


@pytest.fixture
def clerk(client):
    user = factories.ClerkFactory()
    client.force_login(user)
    return user


def eight_items(**changes):
    items = {
        "name": "Đường hoa tự quản",
        "field": factories.FieldFactory().pk,
        "reason": "Rác còn để lẫn.",
        "approach": "Mỗi nhóm hộ nhận một đoạn đường.",
        "place": "Khối phố Mẫu",
        "beneficiaries": "Các hộ trong khối phố",
        "started": "5/2026",
        "expected_results": "Mọi tuyến đường có hoa.",
        "contact_name": "Trần Thử",
        "contact_phone": "0900 000 000",
    }
    return items | changes


def form_of(model=None, **fields):
    """Return what the page posts: its token, the version it was opened with, and the answers."""
    version = {"version": model.version} if model else {}
    defaults = {"token": uuid4(), "subject": "collective", "level": "grassroots"}
    return defaults | version | fields


def edit(model):
    return reverse("registry:practicemodel_update", args=[model.pk])


def received(model):
    return reverse("registry:practicemodel_received", args=[model.pk])


def checked(model):
    return reverse("registry:practicemodel_check", args=[model.pk])


def send(client, model):
    """Press "send" on the page that shows all answers."""
    model.refresh_from_db()
    sent = {"token": uuid4(), "version": model.version}
    return client.post(reverse("registry:practicemodel_submit", args=[model.pk]), sent)


def errors(response):
    return set(response.context["form"].errors)


def photo(name="hoa.jpg", content=None):
    content = factories.a_jpeg() if content is None else content
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def told(page):
    return [message.level_tag for message in page.context["messages"]]


# --- A draft ----------------------------------------------------------------------------------


def test_a_draft_is_saved_with_nothing_but_its_unit(client, person, cell):
    response = client.post(NEW, form_of(action="draft"))

    model = PracticeModel.objects.get()
    assertRedirects(response, edit(model))
    assert (model.organisation, model.name, model.status) == (cell, "", Status.DRAFT)
    assertContains(client.get(edit(model)), "app-band--unsent")


def test_a_new_registration_is_enrolled_for_this_year(client, person):
    client.post(NEW, form_of(action="draft"))

    enrolment = Enrolment.objects.get()
    assert enrolment.year == timezone.localdate().year
    assert enrolment.kind == Enrolment.Kind.NEW
    assert (enrolment.entered_by, enrolment.on_behalf_of) == (person, None)


def test_what_is_right_of_a_draft_is_stored_and_what_is_wrong_stays_on_the_page(client, person):
    response = client.post(
        NEW, form_of(action="draft", name="Đường hoa", started="31/2/2026", paper_date="hôm qua")
    )

    model = PracticeModel.objects.get()
    assert (model.name, model.started, model.paper_date) == ("Đường hoa", "", None)
    assert errors(response) == {"started", "paper_date"}
    assertContains(response, 'value="31/2/2026"')
    assertContains(response, f'action="{edit(model)}"')

    fixed = form_of(model, action="draft", name="Đường hoa", started="2/2026")
    fixed |= {"version": response.context["version"], "token": response.context["token"]}
    assertRedirects(client.post(edit(model), fixed), edit(model))
    model.refresh_from_db()
    assert model.started == "2026-02"


def test_an_individual_without_a_name_does_not_keep_a_draft_from_being_saved(client, person):
    response = client.post(NEW, form_of(action="draft", name="Đường hoa", subject="individual"))

    assert errors(response) == {"individual_name"}
    assert PracticeModel.objects.get().name == "Đường hoa"


def test_text_is_stored_composed_however_it_is_typed(client, person):
    decomposed = unicodedata.normalize("NFD", "Ðường hoa phố cổ")  # and with U+00D0 for Đ

    client.post(NEW, form_of(action="draft", name=decomposed))

    assert PracticeModel.objects.get().name == "Đường hoa phố cổ"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a\0b"),
        ("approach", "a\0b"),
        ("name", "ă" * 301),
        ("reason", "ă" * 20_001),
        ("started", "năm ngoái"),
        ("started", "13/2026"),
        ("ends", "0/0/0"),
        ("paper_date", "31/2/2026"),
        ("field", "999999999999999999999999"),
        ("field", "a\0"),
        ("movements", "999999999999999999999999"),
        ("partners", "Không có đơn vị này"),
        ("partners", "a\0b"),
        ("partners", "9" * 30),
        ("level", "galaxy"),
        ("subject", "x"),
    ],
)
def test_what_cannot_be_stored_gives_a_message_at_its_field(client, person, field, value):
    response = client.post(NEW, form_of(action="draft") | {field: value})

    assert response.status_code == HTTPStatus.OK
    assert errors(response) == {field}


def test_the_same_form_sent_twice_makes_one_model(client, person):
    form = form_of(action="draft", name="Đường hoa")

    first, second = client.post(NEW, form), client.post(NEW, form)

    assert PracticeModel.objects.count() == 1
    assert second.url == first.url


def test_the_same_change_sent_twice_is_stored_once(client, person):
    client.post(NEW, form_of(action="draft"))
    model = PracticeModel.objects.get()
    form = form_of(model, action="draft", name="Đường hoa")

    first, second = client.post(edit(model), form), client.post(edit(model), form)

    assert second.url == first.url
    assert PracticeModel.objects.get().version == 2


def test_a_token_somebody_else_has_used_creates_nothing(client, person):
    form = form_of(action="draft")
    client.post(NEW, form)
    client.force_login(factories.UnitUserFactory())

    assert client.post(NEW, form).status_code == HTTPStatus.CONFLICT
    assert PracticeModel.objects.count() == 1


@pytest.mark.parametrize("token", ["", "x", "a\0", "9" * 400])
def test_a_form_without_a_token_comes_back_with_what_was_typed(client, person, token):
    response = client.post(NEW, form_of(action="draft", name="Đường hoa", token=token))

    assert errors(response) == {"__all__"}
    assertContains(response, "Đường hoa")
    assert not PracticeModel.objects.exists()


# --- Sending ----------------------------------------------------------------------------------


def test_sending_a_complete_registration_ends_in_a_receipt(client, person):
    response = client.post(NEW, form_of(action="check", **eight_items()))

    model = PracticeModel.objects.get()
    assertRedirects(response, checked(model))
    page = client.get(checked(model))
    assert all(answer["words"] for answer in page.context["answers"])
    assertContains(page, "Mỗi nhóm hộ nhận một đoạn đường.")
    assertContains(page, f'href="{edit(model)}#id_approach"')
    assert model.status == Status.DRAFT

    assertRedirects(send(client, model), received(model))
    model.refresh_from_db()
    assert model.status == Status.SUBMITTED
    page = client.get(received(model))
    assertContains(page, model.code)
    assertContains(page, f"http://testserver{model.get_absolute_url()}")


def test_sending_lists_every_missing_item_at_its_field_and_keeps_what_was_typed(client, person):
    response = client.post(NEW, form_of(action="check", reason="Rác còn để lẫn."))

    asked = {name for item in PracticeModel.ITEMS for name in item}
    assert errors(response) == asked - {"reason"}
    assertContains(response, "Rác còn để lẫn.")
    model = PracticeModel.objects.get()
    assert (model.reason, model.status, model.code) == ("Rác còn để lẫn.", Status.DRAFT, None)


def test_nothing_is_sent_while_any_answer_is_wrong(client, person):
    response = client.post(NEW, form_of(action="check", **eight_items(), paper_date="hôm qua"))

    assert errors(response) == {"paper_date"}
    assert PracticeModel.objects.get().status == Status.DRAFT


def test_a_code_is_given_once_and_kept_through_withdrawing_and_sending_again(client, person):
    client.post(NEW, form_of(action="check", **eight_items()))
    model = PracticeModel.objects.get()
    send(client, model)
    model.refresh_from_db()
    code = model.code
    client.post(reverse("registry:practicemodel_withdraw", args=[model.pk]))
    model.refresh_from_db()
    assert (model.status, model.code) == (Status.DRAFT, code)

    client.post(edit(model), form_of(model, action="check", **eight_items(name="Phố hoa")))
    send(client, model)

    model.refresh_from_db()
    assert (model.status, model.code, model.name) == (Status.SUBMITTED, code, "Phố hoa")


def test_a_submitted_model_stays_submitted_when_its_unit_corrects_it(client, person, cell):
    model = factories.submitted(organisation=cell)
    assertContains(client.get(edit(model)), "app-band--received")

    items = eight_items(field=model.field_id)
    response = client.post(edit(model), form_of(model, action="save", **items))

    assertRedirects(response, received(model))
    model.refresh_from_db()
    assert (model.status, model.name) == (Status.SUBMITTED, "Đường hoa tự quản")


def test_a_submitted_item_cannot_be_emptied(client, person, cell):
    model = factories.submitted(organisation=cell)
    items = eight_items(name="", field="", place="Nơi khác")

    response = client.post(edit(model), form_of(model, action="save", **items))

    assert errors(response) == {"name", "field"}
    assert PracticeModel.objects.get().place == model.place


def test_a_returned_registration_shows_what_is_missing_and_until_when(client, person, cell):
    model = factories.returned(organisation=cell, reason="Nêu rõ số hộ.", due=date(2099, 12, 31))

    page = client.get(edit(model))

    assertContains(page, "Nêu rõ số hộ.")
    assertContains(page, "31/12/2099")
    response = client.post(edit(model), form_of(model, action="check", **eight_items()))
    assertRedirects(response, checked(model))
    assertRedirects(send(client, model), received(model))


def test_the_receipt_of_what_was_never_sent_leads_to_the_model(client, person, cell):
    model = factories.PracticeModelFactory(organisation=cell)

    response = client.get(received(model))

    assertRedirects(response, model.get_absolute_url(), fetch_redirect_response=False)


def test_a_receipt_is_for_the_people_inside(client, person):
    running = factories.running()
    draft = factories.PracticeModelFactory()

    assert client.get(received(running)).status_code == HTTPStatus.FORBIDDEN
    assert client.get(received(draft)).status_code == HTTPStatus.NOT_FOUND


# --- Photos -----------------------------------------------------------------------------------


def test_several_photos_are_stored_at_once(client, person):
    client.post(NEW, form_of(action="draft", photos=[photo("a.jpg"), photo("b.jpg")]))

    stored = Evidence.objects.values_list("original_name", "kind", "added_by")
    assert list(stored) == [("a.jpg", "photo", person.pk), ("b.jpg", "photo", person.pk)]


def test_a_bad_file_is_named_and_the_good_ones_and_the_text_are_kept(client, person):
    files = [photo("tot.jpg"), photo("rong.jpg", b""), photo("gia.jpg", b"<html>")]

    response = client.post(NEW, form_of(action="check", photos=files, **eight_items()))

    assert errors(response) == {"photos"}
    message = " ".join(response.context["form"].errors["photos"])
    assert "rong.jpg" in message
    assert "gia.jpg" in message
    assert "tot.jpg" not in message
    assertContains(response, "tot.jpg")
    model = PracticeModel.objects.get()
    assert (model.name, model.status) == ("Đường hoa tự quản", Status.DRAFT)
    kept = model.evidence.get()
    assert kept.original_name == "tot.jpg"
    assertContains(client.get(edit(model)), f'href="{kept.get_absolute_url()}"')


# --- Whose ------------------------------------------------------------------------------------


def test_a_person_without_a_unit_registers_nothing(client):
    client.force_login(factories.UserFactory())

    assert client.get(NEW).status_code == HTTPStatus.FORBIDDEN
    assert client.post(NEW, form_of(action="draft")).status_code == HTTPStatus.FORBIDDEN
    assert not PracticeModel.objects.exists()


def test_a_person_of_a_few_units_chooses_one(client, cell):
    ward = cell.parent
    other = factories.CellFactory(parent=ward)
    stranger = factories.CellFactory()
    client.force_login(factories.UnitUserFactory(organisation=ward))
    page = client.get(NEW)
    assertContains(page, 'name="organisation" value="', count=3)
    assertNotContains(page, stranger.name)

    assert errors(client.post(NEW, form_of(action="draft"))) == {"organisation"}
    refused = client.post(NEW, form_of(action="draft", organisation=stranger.pk))
    assert errors(refused) == {"organisation"}
    client.post(NEW, form_of(action="draft", organisation=other.pk))

    assert PracticeModel.objects.get().organisation == other


def test_the_unit_of_a_draft_can_be_changed_among_ones_own(client, cell):
    ward = cell.parent
    client.force_login(factories.UnitUserFactory(organisation=ward))
    client.post(NEW, form_of(action="draft", organisation=cell.pk))
    model = PracticeModel.objects.get()

    client.post(edit(model), form_of(model, action="draft", organisation=ward.pk))

    model.refresh_from_db()
    assert (model.organisation, model.organisation_name) == (ward, ward.name)


def test_a_person_of_very_many_units_types_the_name(client, cell):
    ward = cell.parent
    for _number in range(51):
        factories.CellFactory(parent=ward)
    client.force_login(factories.UnitUserFactory(organisation=ward))
    assertContains(client.get(NEW), 'type="text" name="organisation"')

    client.post(NEW, form_of(action="draft", organisation="khoi pho mau"))

    assert PracticeModel.objects.get().organisation == cell


def test_what_a_clerk_enters_for_a_unit_says_so(client, clerk, cell):
    client.post(NEW, form_of(action="check", organisation=cell.name, **eight_items()))

    model = PracticeModel.objects.get()
    send(client, model)
    enrolment = model.enrolments.get()
    move = model.moves.get()
    assert (enrolment.entered_by, enrolment.on_behalf_of) == (clerk, cell)
    assert (move.by, move.on_behalf_of) == (clerk, cell)
    assert model.history.earliest().on_behalf_of == cell


def test_a_link_from_a_units_page_brings_its_name_along(client, clerk, cell):
    page = client.get(NEW, {"organisation": cell.pk})

    assertContains(page, f'value="{cell.name} – {cell.parent.name}"')


def test_a_name_several_go_by_becomes_a_choice(client, clerk):
    twins = [factories.CellFactory(name="Chi bộ 1") for _number in range(2)]

    page = client.post(NEW, form_of(action="draft", organisation="chi bo 1"))

    assert errors(page) == {"organisation"}
    for twin in twins:
        assertContains(page, f'type="radio" name="organisation" value="{twin.pk}"')
        assertContains(page, f"Chi bộ 1 – {twin.parent.name}")
    client.post(NEW, form_of(action="draft", organisation=twins[1].pk))
    assert PracticeModel.objects.get().organisation == twins[1]


@pytest.mark.parametrize("typed", ["", "Không có", "a\0b", "99999999999999999999", "²"])
def test_a_unit_that_is_not_known_gives_a_message(client, clerk, typed):
    page = client.post(NEW, form_of(action="draft", organisation=typed))

    assert errors(page) == {"organisation"}


def test_a_name_too_many_go_by_asks_for_more_of_it(client, clerk):
    for _number in range(11):
        factories.CellFactory(name="Chi bộ 1")

    page = client.post(NEW, form_of(action="draft", organisation="chi bộ 1"))

    assertNotContains(page, 'type="radio" name="organisation"')
    assert errors(page) == {"organisation"}


def test_partners_are_typed_a_name_on_each_line_and_come_back_as_they_are(client, person):
    one, two = factories.CellFactory(), factories.CellFactory()

    client.post(NEW, form_of(action="draft", partners=f"{one.name}\n\n{two.name}\n{one.name}"))

    model = PracticeModel.objects.get()
    assert set(model.partners.all()) == {one, two}
    typed = client.get(edit(model)).context["form"]["partners"].value()
    client.post(edit(model), form_of(model, action="draft", partners=typed))
    assert set(model.partners.all()) == {one, two}


# --- Who may not, and when no longer ------------------------------------------------------------


def test_the_draft_of_another_unit_does_not_exist(client, person):
    model = factories.PracticeModelFactory()

    assert client.get(edit(model)).status_code == HTTPStatus.NOT_FOUND
    assert client.post(edit(model), form_of(model)).status_code == HTTPStatus.NOT_FOUND
    assert PracticeModel.objects.get().version == model.version


def test_the_model_of_another_unit_is_not_ours_to_write(client, person):
    model = factories.running()

    assert client.get(edit(model)).status_code == HTTPStatus.FORBIDDEN
    assert client.post(edit(model), form_of(model)).status_code == HTTPStatus.FORBIDDEN


def test_only_what_the_page_asks_is_written(client, person, cell):
    stranger = factories.CellFactory()
    model = factories.PracticeModelFactory(organisation=cell)
    smuggled = {
        "status": "running",
        "code": "MH-1",
        "organisation": stranger.pk,
        "organisation_name": "Khác",
        "accepted_by": person.pk,
        "accepted_at": "2026-01-01",
        "origin": "old_register",
        "verdict": "replicate",
        "verdict_on": "2026-01-01",
        "public": "on",
        "is_pilot": "on",
        "why": "x",
    }

    client.post(edit(model), form_of(model, action="draft", **eight_items(), **smuggled))

    model.refresh_from_db()
    assert model.name == "Đường hoa tự quản"
    assert (model.status, model.code, model.origin) == (Status.DRAFT, None, "form")
    assert (model.organisation, model.organisation_name) == (cell, cell.name)
    assert (model.accepted_by, model.accepted_at, model.verdict) == (None, None, "")
    assert (model.public, model.is_pilot) == (False, False)


@pytest.mark.parametrize("version", [None, "", "0", "x", "9" * 5000])
def test_a_form_that_does_not_say_its_version_writes_nothing(client, person, cell, version):
    model = factories.PracticeModelFactory(organisation=cell)
    form = form_of(model, action="check", **eight_items())
    form = {k: v for k, v in (form | {"version": version}).items() if v is not None}

    response = client.post(edit(model), form)

    assert response.status_code == HTTPStatus.CONFLICT
    assertContains(response, model.get_absolute_url(), status_code=HTTPStatus.CONFLICT)
    model.refresh_from_db()
    assert (model.name.startswith("Mô hình thử"), model.status) == (True, Status.DRAFT)


def test_what_somebody_else_has_saved_meanwhile_is_not_written_over(client, person, cell):
    model = factories.PracticeModelFactory(organisation=cell)
    opened = form_of(model, action="draft", name="Cũ", photos=[photo()])
    client.post(edit(model), form_of(model, action="draft", name="Mới"))

    response = client.post(edit(model), opened)

    assert response.status_code == HTTPStatus.CONFLICT
    model.refresh_from_db()
    assert (model.name, model.evidence.count()) == ("Mới", 0)


def test_a_form_that_comes_back_with_errors_keeps_the_version_it_was_opened_with(
    client, person, cell
):
    model = factories.submitted(organisation=cell)
    opened = model.version
    client.post(edit(model), form_of(model, action="save", **eight_items()))

    wrong = form_of(model, action="save", **eight_items(name="")) | {"version": opened}

    assert client.post(edit(model), wrong).context["version"] == opened


def test_a_running_model_lets_its_unit_change_contact_and_results_only(client, person, cell):
    model = factories.running(organisation=cell)
    changes = {"approach": "Cách khác", "name": "Tên khác", "public": "on"}
    results = {"contact_name": "Lê Thử", "contact_phone": "0911", "results": "20 hộ"}

    response = client.post(edit(model), form_of(model, action="save", **changes, **results))

    assertRedirects(response, model.get_absolute_url(), fetch_redirect_response=False)
    was = (model.approach, model.name, False, Status.RUNNING)
    model.refresh_from_db()
    assert (model.approach, model.name, model.public, model.status) == was
    assert (model.contact_name, model.contact_phone, model.results) == tuple(results.values())


def test_the_contact_of_a_running_model_cannot_be_emptied(client, person, cell):
    model = factories.running(organisation=cell)

    response = client.post(edit(model), form_of(model, action="save", results="20 hộ"))

    assert errors(response) == {"contact_name", "contact_phone"}
    assert PracticeModel.objects.get().results == ""


def test_a_running_model_continued_for_another_year_is_open_to_its_unit(client, person, cell):
    model = factories.running(organisation=cell)
    year = timezone.localdate().year + 1
    model.continue_in(year, by=person)
    form = form_of(model, action="check", **eight_items())

    page = client.post(edit(model), form, follow=True)

    model.refresh_from_db()
    assert (model.name, model.status) == ("Đường hoa tự quản", Status.RUNNING)
    assertContains(page, f"Đăng ký năm {year} chưa được gửi")


def test_whoever_goes_back_to_the_last_look_after_sending_is_shown_that_it_has_arrived(
    client, person, cell
):
    model = factories.submitted(organisation=cell)

    page = client.get(reverse("registry:practicemodel_check", args=[model.pk]))

    assertRedirects(page, reverse("registry:practicemodel_received", args=[model.pk]))


def test_a_model_that_has_ended_is_no_longer_written(client, person, cell):
    model = factories.refused(organisation=cell)

    assert client.get(edit(model)).status_code == HTTPStatus.CONFLICT
    response = client.post(edit(model), form_of(model, action="save", **eight_items()))
    assert response.status_code == HTTPStatus.CONFLICT
    client.force_login(factories.ClerkFactory())
    assert client.get(edit(model)).status_code == HTTPStatus.CONFLICT


# --- The office -------------------------------------------------------------------------------


def test_a_clerk_corrects_with_a_reason_that_history_keeps(client, clerk):
    model = factories.running()
    items = eight_items(name="Tên đúng", public="on")
    refused = client.post(edit(model), form_of(model, action="save", **items))
    assert errors(refused) == {"why"}
    assert PracticeModel.objects.get().name == model.name

    client.post(edit(model), form_of(model, action="save", why="Sai chính tả", **items))

    model.refresh_from_db()
    entry = model.history.latest()
    assert (model.name, model.public, model.status) == ("Tên đúng", True, Status.RUNNING)
    assert (entry.history_user, entry.history_change_reason) == (clerk, "Sai chính tả")


def test_a_clerk_who_opens_a_units_draft_is_on_record(client, clerk):
    model = factories.PracticeModelFactory()

    client.get(edit(model))

    assert Opening.objects.values_list("model", "by").get() == (model.pk, clerk.pk)


def test_a_clerk_goes_on_with_a_draft_the_office_has_entered_without_giving_reasons(
    client, clerk, cell
):
    client.post(NEW, form_of(action="draft", organisation=cell.name))
    model = PracticeModel.objects.get()

    client.post(edit(model), form_of(model, action="check", **eight_items()))
    send(client, model)

    model.refresh_from_db()
    assert (model.status, model.moves.get().on_behalf_of) == (Status.SUBMITTED, cell)


def test_a_unit_that_has_ended_is_not_registered_for(client, clerk, cell):
    Organisation.objects.filter(pk=cell.pk).update(valid_until=date(2025, 6, 30))

    page = client.post(NEW, form_of(action="draft", organisation=cell.pk))

    assert errors(page) == {"organisation"}


def test_other_methods_are_refused(client, person, cell):
    model = factories.PracticeModelFactory(organisation=cell)

    for method, address in [
        (client.put, NEW),
        (client.delete, edit(model)),
        (client.post, received(model)),
    ]:
        assert method(address).status_code == HTTPStatus.METHOD_NOT_ALLOWED


# --- A correction of what is sent -----------------------------------------------------------------


def test_a_unit_that_corrects_what_it_has_sent_is_told_so_above_its_receipt(client, person, cell):
    model = factories.submitted(organisation=cell, by=person)

    page = client.post(edit(model), form_of(model, **eight_items(), action="save"), follow=True)

    assertRedirects(page, received(model))
    assert told(page) == ["success"]


def test_the_office_is_led_from_its_correction_to_the_model(client, clerk, cell):
    model = factories.submitted(organisation=cell)
    answers = eight_items(why="Theo điện thoại", action="save")

    page = client.post(edit(model), form_of(model, **answers), follow=True)

    assertRedirects(page, model.get_absolute_url())
    assert told(page) == ["success"]
