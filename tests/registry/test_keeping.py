"""No typed word is lost: what is kept of a form, for whom, and how it comes back."""

from datetime import timedelta
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponseRedirect
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry.keeping import GOOD_FOR_SECONDS, SALT, Keep, LetGoOfSavedWords
from registry.models import DraftBuffer, Evidence, FormToken, PracticeModel, User
from registry.querysets import KEEP_TRACES
from tests import factories
from tests.test_mfa import code, with_app

pytestmark = pytest.mark.django_db

NEW = "/models/new/"
KEEP = "/drafts/"
WORDS = "Mỗi nhóm hộ nhận một đoạn đường."


@pytest.fixture
def cell():
    return factories.CellFactory(name="Chi bộ khối phố Mẫu")


@pytest.fixture
def person(client, cell):
    user = factories.UnitUserFactory(organisation=cell)
    client.force_login(user)
    return user


def opened(client, address=NEW):
    """Return the fields of a form as a browser has it after opening the page."""
    return fields_of(client.get(address))


def fields_of(response):
    """Return what a browser would send; it drops the line break that opens a text area."""
    form = html.fromstring(response.content).get_element_by_id("keep")
    fields = [(name, value) for name, value in form.fields.items() if isinstance(value, str)]
    return {name: value.removeprefix("\n") for name, value in fields}


def edit(model):
    return reverse("registry:practicemodel_update", args=[model.pk])


# --- Keeping ----------------------------------------------------------------------------------


def test_what_is_typed_is_kept_beside_the_record_and_given_back_as_it_was(client, person, cell):
    model = factories.PracticeModelFactory(organisation=cell, approach="Như cũ.")
    form = opened(client, edit(model))

    answer = client.post(KEEP, form | {"approach": WORDS, "started": "31/2/"})

    assert answer.json()["stored"] is False
    model.refresh_from_db()
    assert model.approach == "Như cũ."
    assert model.history.count() == 1
    page = client.get(DraftBuffer.objects.get().address)
    back = fields_of(page)
    assert (back["approach"], back["started"]) == (WORDS, "31/2/")
    assertNotContains(page, "govuk-error-summary")


def test_a_form_opened_twice_is_kept_twice(client, person):
    one, two = opened(client), opened(client)

    client.post(KEEP, one | {"name": "Đường hoa"})
    client.post(KEEP, two | {"name": "Tổ tự quản"})

    addresses = [buffer.address for buffer in DraftBuffer.objects.order_by("pk")]
    names = [opened(client, address)["name"] for address in addresses]
    assert names == ["Đường hoa", "Tổ tự quản"]
    page = client.get(NEW)
    for address in addresses:
        assertContains(page, f'href="{address}"')


def test_saving_empties_the_buffer_and_a_late_autosave_does_not_fill_it_again(client, person):
    form = opened(client) | {"approach": WORDS}
    client.post(KEEP, form)

    client.post(NEW, form | {"action": "draft"})

    buffer = DraftBuffer.objects.get()
    assert buffer.stored_at is not None
    assert client.post(KEEP, form).json()["stored"] is True
    buffer.refresh_from_db()
    assert buffer.content == {}
    assertNotContains(client.get(NEW), buffer.address)


def test_an_autosave_that_is_under_way_while_the_form_is_stored_does_not_fill_it_again(person):
    opened_as, words = uuid4(), {"content": {"approach": [WORDS]}, "files": [], "version": None}
    DraftBuffer.objects.keep(person.pk, opened_as, path=NEW, **words)
    stored = []

    def stored_just_before(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and not stored:
            stored.append(sql)
            DraftBuffer.objects.empty(person, opened_as, path=NEW)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(stored_just_before):
        DraftBuffer.objects.keep(person.pk, opened_as, path=NEW, **words)

    assert stored
    assert not DraftBuffer.objects.unsaved().exists()


def test_what_is_refused_of_a_draft_is_kept_and_given_back_until_it_is_right(client, person):
    wrong = {"name": "Đường hoa", "started": "31/2/2026", "place": "x" * 301}

    page = client.post(NEW, opened(client) | wrong | {"action": "draft"})

    model = PracticeModel.objects.get()
    assert (model.name, model.started, model.place) == ("Đường hoa", "", "")
    kept = DraftBuffer.objects.unsaved().get()
    assert fields_of(page)["draft"] == str(kept.opened)
    page = client.get(edit(model))
    assert {name: fields_of(page)[name] for name in wrong} == wrong
    page = client.post(edit(model), fields_of(page) | {"started": "2/2026", "action": "draft"})
    assert fields_of(client.get(edit(model)))["place"] == wrong["place"]
    right = fields_of(client.get(edit(model))) | {"place": "Khối phố"}
    client.post(edit(model), right | {"action": "draft"})
    assert not DraftBuffer.objects.unsaved().exists()
    model.refresh_from_db()
    assert (model.started, model.place) == ("2026-02", "Khối phố")


def test_what_is_only_missing_is_no_text_to_be_kept(client, person):
    client.post(NEW, opened(client) | {"name": "Đường hoa", "action": "check"})

    assert PracticeModel.objects.exists()
    assert not DraftBuffer.objects.unsaved().exists()


@pytest.mark.parametrize("is_new", [True, False])
def test_a_page_gone_back_to_and_sent_again_with_other_words_loses_none(
    client, person, cell, is_new
):
    address = NEW if is_new else edit(factories.PracticeModelFactory(organisation=cell))
    form = opened(client, address) | {"approach": "Một.", "action": "draft"}
    client.post(address, form)
    model = PracticeModel.objects.get()

    onward = client.post(address, form | {"approach": WORDS})

    model.refresh_from_db()
    assert model.approach == "Một."
    page = client.get(onward.url)
    assert [*page.context["messages"]][-1].level_tag == "warning"
    client.post(edit(model), fields_of(page) | {"action": "draft"})
    model.refresh_from_db()
    assert model.approach == WORDS
    assert not DraftBuffer.objects.unsaved().exists()


def test_a_page_sent_twice_as_it_was_leads_on_without_a_word(client, person):
    form = opened(client) | {"approach": WORDS, "action": "draft"}
    first = client.post(NEW, form)

    assert client.post(NEW, form).url == first.url
    assert PracticeModel.objects.count() == 1
    assert not DraftBuffer.objects.unsaved().exists()


def test_others_words_written_meanwhile_are_not_written_over_by_a_page_sent_again(
    client, person, cell
):
    model = factories.PracticeModelFactory(organisation=cell)
    form = opened(client, edit(model)) | {"approach": "Một.", "action": "draft"}
    client.post(edit(model), form)
    model.refresh_from_db()
    model.approach = "Của người khác."
    model.write(by=factories.UnitUserFactory(organisation=cell), version=model.version)

    page = client.get(client.post(edit(model), form | {"approach": WORDS}).url)

    page = client.post(edit(model), fields_of(page) | {"action": "draft"})
    assert page.status_code == HTTPStatus.CONFLICT
    model.refresh_from_db()
    assert model.approach == "Của người khác."


def test_what_could_not_be_stored_is_still_in_the_buffer(client, person):
    form = opened(client) | {"approach": WORDS, "subject": "individual"}
    client.post(KEEP, form)
    PracticeModel.objects.all().delete()

    client.post(NEW, form | {"token": "junk", "action": "draft"})

    assert DraftBuffer.objects.get().content["approach"] == [WORDS]


def test_letting_go_of_what_was_typed_empties_the_buffer(client, person):
    client.post(KEEP, opened(client) | {"approach": WORDS})
    buffer = DraftBuffer.objects.get()

    response = client.post(reverse("registry:draft_discard", args=[buffer.opened]))

    assertRedirects(response, NEW)
    buffer.refresh_from_db()
    assert buffer.content == {}
    assertNotContains(client.get(buffer.address), WORDS)


def test_words_with_a_nul_are_kept_without_it(client, person):
    client.post(KEEP, opened(client) | {"approach": "a\0b"})

    assert DraftBuffer.objects.get().content["approach"] == ["ab"]


# --- Whose ------------------------------------------------------------------------------------


def test_nobody_else_sees_what_a_person_has_typed(client, person, cell):
    client.post(KEEP, opened(client) | {"approach": WORDS})
    buffer = DraftBuffer.objects.get()
    for other in (factories.UnitUserFactory(organisation=cell), factories.ClerkFactory()):
        client.force_login(other)
        assertNotContains(client.get(buffer.address), WORDS)
        state = reverse("registry:draft_detail", args=[buffer.opened])
        assert client.get(state).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("forged", ["", "junk", "of another person", "too old"])
def test_a_form_that_we_have_not_signed_for_this_person_is_refused(client, person, forged, cell):
    form = opened(client)
    other = factories.UnitUserFactory(organisation=cell)
    if forged == "of another person":
        forged = Keep(other, NEW, uuid4()).writer
    elif forged == "too old":
        signer = signing.TimestampSigner(salt=SALT)
        stale = signer.timestamp
        signer.timestamp = lambda: signing.b62_encode(
            signing.b62_decode(stale()) - GOOD_FOR_SECONDS - 60
        )
        forged = signer.sign_object({"user": person.pk, "path": NEW})

    answer = client.post(KEEP, form | {"writer": forged, "approach": WORDS})

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert not DraftBuffer.objects.exists()


# --- Refused, and not lost ----------------------------------------------------------------------


def test_what_is_sent_after_signing_out_is_given_back_after_signing_in(client, person):
    form = opened(client) | {"approach": WORDS, "action": "check"}
    client.logout()

    response = client.post(NEW, form)

    assert response.status_code == HTTPStatus.FOUND
    assert not PracticeModel.objects.exists()
    signed_in = client.post(
        response.url, {"login": person.username, "password": factories.PASSWORD}
    )
    assert fields_of(client.get(signed_in.url))["approach"] == WORDS


def told_at_the_door(response):
    """Return what stands above the form of the sign-in page."""
    return html.fromstring(response.content).xpath("//main//*[contains(@class, 'inset-text')]")


def test_who_has_lost_the_session_is_told_at_the_door_that_the_words_are_kept(client, person):
    form = opened(client) | {"approach": WORDS}
    client.logout()
    door = client.post(NEW, form).url

    assert len(told_at_the_door(client.get(door))) == 1
    wrong = client.post(door, {"login": person.username, "password": "không phải"})
    assert len(told_at_the_door(wrong)) == 1


def test_nothing_is_said_at_the_door_of_words_where_none_are_kept(client, person):
    kept, stored = opened(client) | {"approach": WORDS}, opened(client) | {"approach": WORDS}
    client.post(KEEP, kept)
    client.post(NEW, stored | {"action": "draft"})
    client.logout()

    for then in (
        "",
        NEW,
        "/models/?q=draft=",
        f"/models/?draft={kept['draft']}",
        f"{NEW}?draft={uuid4()}",
        f"{NEW}?draft={stored['draft']}",
        f"{NEW}?draft=",
        f"{NEW}\0?draft={kept['draft']}",
    ):
        page = client.post(reverse("account_login"), {"login": "x", "password": "x", "next": then})
        assert told_at_the_door(page) == [], then


def test_another_person_who_signs_in_afterwards_gets_an_empty_form(client, person, cell):
    form = opened(client) | {"approach": WORDS}
    client.logout()
    response = client.post(NEW, form)
    other = factories.UnitUserFactory(organisation=cell)

    signed_in = client.post(response.url, {"login": other.username, "password": factories.PASSWORD})

    assertNotContains(client.get(signed_in.url), WORDS)


def choose_a_password(client, address):
    new = "một câu dài dễ nhớ"
    sent = {"oldpassword": factories.PASSWORD, "password1": new, "password2": new}
    return client.post(address, sent)


def give_the_second_factor(client, address):
    return client.post(address, {"code": code()})


@pytest.mark.parametrize("first", [choose_a_password, give_the_second_factor])
def test_what_is_sent_where_another_page_comes_first_is_given_back_after_it(
    client, person, settings, first
):
    form = opened(client)
    client.post(KEEP, form | {"approach": "Chưa viết hết."})
    if first is choose_a_password:
        User.objects.filter(pk=person.pk).update(must_change_password=True)
    else:
        with_app(person)
        settings.MFA_REQUIRED_ROLES = ["UNIT"]

    response = client.post(NEW, form | {"approach": WORDS, "action": "draft"})

    assert DraftBuffer.objects.get().content["approach"] == [WORDS]
    assert not PracticeModel.objects.exists()
    assert client.get(response.url).status_code == HTTPStatus.OK
    assert fields_of(client.get(first(client, response.url).url))["approach"] == WORDS


def test_what_is_sent_before_a_second_factor_is_set_up_is_offered_after_it(
    client, person, settings
):
    form = opened(client)
    settings.MFA_REQUIRED_ROLES = ["UNIT"]

    response = client.post(NEW, form | {"approach": WORDS, "action": "draft"})

    assert response.url.startswith(reverse("mfa_index"))
    settings.MFA_REQUIRED_ROLES = []
    assertContains(client.get(NEW), DraftBuffer.objects.get().address)
    assert opened(client, DraftBuffer.objects.get().address)["approach"] == WORDS


def test_what_is_led_away_before_a_view_has_it_is_not_taken_for_stored(client, person, rf):
    form = opened(client) | {"approach": WORDS}
    client.post(KEEP, form)
    request = rf.post(NEW, form)
    request.user = person

    LetGoOfSavedWords(lambda request: HttpResponseRedirect("/"))(request)

    assert DraftBuffer.objects.get().content["approach"] == [WORDS]


def test_a_page_of_an_earlier_session_is_refused_and_its_words_are_kept(person):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)
    form = opened(strict) | {"approach": WORDS, "csrfmiddlewaretoken": "x" * 64}

    page = strict.post(NEW, form)

    assertContains(page, DraftBuffer.objects.get().address, status_code=HTTPStatus.FORBIDDEN)
    assert not PracticeModel.objects.exists()
    assert opened(strict, DraftBuffer.objects.get().address)["approach"] == WORDS


def test_asking_for_larger_text_keeps_what_is_typed(client, person):
    form = opened(client) | {"approach": WORDS, "size": "large"}

    page = client.post("/drafts/look/", form, follow=True)

    assertContains(page, "app-large")
    assertContains(page, WORDS)
    assert "size" not in DraftBuffer.objects.get().content


def test_changing_the_language_keeps_what_is_typed(client, person):
    form = opened(client) | {"approach": WORDS, "language": "en"}

    response = client.post("/drafts/look/", form)

    assert client.cookies["language"].value == "en"
    page = client.get(response.url)
    assertContains(page, "Register a model")
    assert fields_of(page)["approach"] == WORDS


def test_files_that_could_not_be_kept_are_named(client, person):
    form = opened(client)
    client.logout()
    client.post(NEW, form | {"photos": SimpleUploadedFile("hoa.jpg", b"x")})
    client.force_login(person)

    assertContains(client.get(DraftBuffer.objects.get().address), "hoa.jpg")


@pytest.fixture
def photo():
    return SimpleUploadedFile("hoa.jpg", factories.a_jpeg(), content_type="image/jpeg")


def test_a_file_chosen_before_the_language_is_changed_is_named(client, person):
    """Of a form that is sent without its files the browser says how they are called."""
    form = opened(client) | {"photos": "hoa.jpg", "language": "en"}

    page = client.get(client.post("/drafts/look/", form).url)

    assert page.context["keep"].files == ["hoa.jpg"]
    assertContains(page, "hoa.jpg")


def again(page):
    """Return what the page says of the photos."""
    return [error.code for error in page.context["form"].errors.as_data().get("photos", [])]


def test_a_photo_sent_with_a_unit_that_is_not_known_is_asked_for_again(client, photo):
    client.force_login(factories.ClerkFactory())
    form = opened(client) | {"organisation": "Không có đơn vị này", "action": "draft"}

    page = client.post(NEW, form | {"photos": photo})

    assert not PracticeModel.objects.exists()
    assert again(page) == ["again"]
    assertContains(page, "hoa.jpg")


def test_a_photo_that_is_stored_with_what_is_right_is_not_asked_for_again(client, person, photo):
    page = client.post(NEW, opened(client) | {"started": "31/2", "photos": photo})

    assert Evidence.objects.get().original_name == "hoa.jpg"
    assert again(page) == []


def test_a_photo_of_a_form_that_came_too_late_is_asked_for_again(client, person, cell, photo):
    model = factories.PracticeModelFactory(organisation=cell)
    form = opened(client, edit(model))
    model.write(by=factories.UnitUserFactory(organisation=cell), version=model.version)

    page = client.post(edit(model), form | {"approach": WORDS, "photos": photo})

    assert page.status_code == HTTPStatus.CONFLICT
    assert again(page) == ["again"]
    assert not Evidence.objects.exists()


# --- Gone back to -------------------------------------------------------------------------------


def test_what_is_begun_on_a_record_comes_back_without_a_question(client, person, cell):
    model = factories.PracticeModelFactory(organisation=cell, approach="Như cũ.")
    client.post(KEEP, opened(client, edit(model)) | {"approach": WORDS})

    page = client.get(edit(model))

    assert fields_of(page)["approach"] == WORDS
    buffer = DraftBuffer.objects.get()
    discard = reverse("registry:draft_discard", args=[buffer.opened])
    assertContains(page, f'action="{discard}"')
    client.post(discard)
    assert opened(client, edit(model))["approach"] == "Như cũ."


def test_what_was_begun_on_an_older_version_is_only_offered(client, person, cell):
    model = factories.PracticeModelFactory(organisation=cell, approach="Như cũ.")
    client.post(KEEP, opened(client, edit(model)) | {"approach": WORDS})
    model.write(by=person, version=model.version)

    page = client.get(edit(model))

    assert fields_of(page)["approach"] == "Như cũ."
    assertContains(page, f'href="{DraftBuffer.objects.get().address}"')


def test_of_what_was_begun_twice_on_a_record_the_reader_chooses(client, person, cell):
    model = factories.PracticeModelFactory(organisation=cell, approach="Như cũ.")
    one, two = opened(client, edit(model)), opened(client, edit(model))
    client.post(KEEP, one | {"approach": WORDS})
    client.post(KEEP, two | {"approach": "Khác."})

    page = client.get(edit(model))

    assert fields_of(page)["approach"] == "Như cũ."
    assert len(page.context["keep"].others()) == 2


def test_what_was_begun_and_not_saved_says_how_it_begins_and_can_be_let_go_of(client, person):
    client.post(KEEP, opened(client) | {"name": "Đường hoa của khối phố"})
    buffer = DraftBuffer.objects.get()

    page = client.get(NEW)

    assertContains(page, "Đường hoa của khối phố")
    assertContains(page, f'action="{reverse("registry:draft_discard", args=[buffer.opened])}"')


def test_a_stored_form_that_was_gone_back_to_and_is_refused_loses_nothing(client, person):
    """Of what is kept while one writes it is told another name, under which it goes on."""
    form = opened(client) | {"approach": WORDS}
    client.post(NEW, form | {"action": "draft"})
    anew = client.post(KEEP, form | {"approach": "Viết tiếp."}).json()["anew"]
    client.logout()

    response = client.post(NEW, form | {"approach": "Viết thêm nữa."})

    client.force_login(person)
    back = parse_qs(urlsplit(response.url).query)["next"][0]
    assert opened(client, back)["approach"] == "Viết thêm nữa."
    answer = client.post(KEEP, form | {"draft": anew, "approach": "Viết tiếp."})
    assert answer.json()["stored"] is False


def test_a_row_comes_back_at_its_record_wherever_that_stands_by_now(client):
    client.force_login(clerk := factories.ClerkFactory())
    seminar = factories.SeminarFactory()
    for name in ("Trần Thử", "Lê Thử"):
        factories.PanelMemberFactory(seminar=seminar, name=name, user=None)
    page = reverse("reviews:panel_update", args=[seminar.pk])
    typed = {"members-1-title": "Ủy viên", "members-2-name": "Phạm Thử"}
    client.post(KEEP, opened(client, page) | typed)
    seminar.members.get(name="Trần Thử").remove(by=clerk)

    form = opened(client, DraftBuffer.objects.get().address)

    rows = [(form[f"members-{n}-name"], form.get(f"members-{n}-title")) for n in range(3)]
    assert ("Lê Thử", "Ủy viên") in rows
    assert {"Trần Thử", "Phạm Thử"} <= {name for name, _title in rows}


# --- Two at once --------------------------------------------------------------------------------


def conflict(client, model, colleague, theirs, **mine):
    """Save over what a colleague has saved since the page was opened; return the page."""
    form = opened(client, edit(model))
    for name, value in theirs.items():
        setattr(model, name, value)
    model.write(by=colleague, version=model.version)
    return client.post(edit(model), form | mine | {"action": "draft"})


@pytest.fixture
def colleague(cell):
    return factories.UnitUserFactory(organisation=cell, full_name="Trần Thử Đồng Nghiệp")


def test_saving_over_a_newer_version_shows_both_texts_and_keeps_mine(
    client, person, cell, colleague
):
    model = factories.PracticeModelFactory(organisation=cell, approach="Cũ.")

    page = conflict(client, model, colleague, {"approach": "Của bạn."}, approach=WORDS)

    assert page.status_code == HTTPStatus.CONFLICT
    assertContains(page, "Của bạn.", status_code=HTTPStatus.CONFLICT)
    assertContains(page, "Trần Thử Đồng Nghiệp", status_code=HTTPStatus.CONFLICT)
    (both,) = page.context["merged"].both
    assert (both["mine"], both["theirs"]) == (WORDS, "Của bạn.")
    side = html.fromstring(page.content).find_class("govuk-error-summary")[0]
    assert WORDS in side.text_content()
    form = fields_of(page)
    assert form["approach"] == WORDS
    client.post(edit(model), form | {"action": "draft"})
    model.refresh_from_db()
    assert model.approach == WORDS


def test_what_one_has_saved_oneself_on_another_page_is_not_put_down_to_somebody_else(
    client, person, cell
):
    model = factories.PracticeModelFactory(organisation=cell, approach="Cũ.")

    page = conflict(client, model, person, {"approach": "Ở trang kia."}, approach=WORDS)

    assertContains(page, "Đồng chí đã lưu mô hình này ở trang khác", status_code=409)
    assertNotContains(page, "Có người khác vừa lưu", status_code=409)


def test_of_two_texts_the_writer_may_take_the_other(client, person, cell, colleague):
    model = factories.PracticeModelFactory(organisation=cell, approach="Cũ.", reason="Cũ.")
    theirs = {"approach": "Của bạn.", "reason": "Lý do của bạn."}
    page = conflict(client, model, colleague, theirs, approach=WORDS, reason="Của tôi.")

    client.post(edit(model), fields_of(page) | {"take": "approach", "action": "draft"})

    model.refresh_from_db()
    assert (model.approach, model.reason) == ("Của bạn.", "Của tôi.")


def test_where_only_one_has_written_that_text_is_taken_without_a_question(
    client, person, cell, colleague
):
    model = factories.PracticeModelFactory(organisation=cell, approach="Cũ.", reason="Cũ.")

    page = conflict(client, model, colleague, {"reason": "Của bạn."}, approach=WORDS)

    assert page.context["merged"].both == []
    form = fields_of(page)
    assert (form["reason"], form["approach"]) == ("Của bạn.", WORDS)


def test_what_can_no_longer_be_changed_is_shown_to_be_copied(client, person, cell):
    model = factories.submitted(organisation=cell)
    form = opened(client, edit(model))
    model.accept(by=factories.ClerkFactory())

    page = client.post(edit(model), form | {"approach": WORDS, "action": "save"})

    assert page.status_code == HTTPStatus.CONFLICT
    assert {"label": "Cách làm", "words": WORDS} in page.context["merged"].closed


def test_words_for_a_model_that_has_ended_are_still_shown(client, person, cell):
    model = factories.submitted(organisation=cell)
    form = opened(client, edit(model))
    model.refuse(by=factories.ClerkFactory(), reason="Trùng.")

    page = client.post(edit(model), form | {"approach": WORDS, "action": "save"})

    assertContains(page, WORDS, status_code=HTTPStatus.CONFLICT)


# --- Other forms --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("registry:practicemodel_return", "reason"),
        ("registry:practicemodel_refuse", "reason"),
        ("registry:note_add", "text"),
    ],
)
def test_what_the_clerk_writes_to_a_unit_is_kept_and_given_back(client, address, field):
    client.force_login(factories.ClerkFactory())
    page = reverse(address, args=[factories.submitted().pk])
    form = opened(client, page) | {field: WORDS}
    client.logout()
    client.post(page, form)

    client.force_login(DraftBuffer.objects.get().user)
    form = opened(client, DraftBuffer.objects.get().address)
    assert form[field] == WORDS

    assert client.post(page, form | {"audience": "unit"}).status_code == HTTPStatus.FOUND
    assert DraftBuffer.objects.get().content == {}


# --- Clearing away --------------------------------------------------------------------------------


def test_what_nobody_comes_back_for_is_cleared_away_in_the_end(person, settings):
    now = timezone.now()
    ages = {"kept_at": settings.KEEP_UNSAVED_DAYS, "stored_at": 30}
    kept = []
    for column, days in ages.items():
        for age in (days - 1, days + 1):
            at = {column: now - timedelta(days=age)}
            buffer = DraftBuffer.objects.create(user=person, opened=uuid4(), path=NEW, **at)
            kept += [buffer] * (age < days)
    tokens = [FormToken.objects.create(token=uuid4(), user=person) for _number in range(2)]
    FormToken.objects.filter(pk=tokens[0].pk).update(claimed_at=now - timedelta(days=31))
    for days in (-1, 1):
        Session.objects.create(session_key=str(days), expire_date=now + timedelta(days=days))

    call_command("clear_away")

    assert set(DraftBuffer.objects.all()) == set(kept)
    assert list(FormToken.objects.all()) == tokens[1:]
    assert not Session.objects.filter(session_key="-1").exists()
    assert Session.objects.filter(session_key="1").exists()


def test_a_form_that_was_sent_is_known_for_longer_than_it_may_be_open():
    assert timedelta(seconds=GOOD_FOR_SECONDS) < KEEP_TRACES
