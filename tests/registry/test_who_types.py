"""On an account that several people use, it is asked once who is typing, and kept with the work."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from registry.models import DraftBuffer, PracticeModel
from tests import factories

pytestmark = pytest.mark.django_db

ASKED = reverse("who_types")
NEW = reverse("registry:practicemodel_create")


@pytest.fixture
def cell():
    return factories.CellFactory()


@pytest.fixture
def shared(client, cell):
    person = factories.UnitUserFactory(organisation=cell, is_shared=True)
    client.force_login(person)
    return person


def where(response):
    return response.headers.get("Location", "")


def name_oneself(client, name="Lê Thị Thử", then="/"):
    return client.post(ASKED, {"name": name, "next": then})


def add_note(client, model, **fields):
    sent = {"token": uuid4(), "audience": "unit", "text": "Đã bổ sung ảnh."}
    return client.post(reverse("registry:note_add", args=[model.pk]), sent | fields)


def test_the_first_form_asks_once_and_leads_back(client, shared):
    asked = client.get(NEW)
    assert where(asked) == f"{ASKED}?next=%2Fmodels%2Fnew%2F"
    assertContains(client.get(where(asked)), "Ai đang nhập?")

    assertRedirects(name_oneself(client, then=NEW), NEW)

    assert client.get(NEW).status_code == 200


def test_the_name_stands_with_the_history_and_the_move(client, shared, cell):
    model = factories.PracticeModelFactory(organisation=cell)
    name_oneself(client, "  Lê   Thị Thử ")

    client.post(
        reverse("registry:practicemodel_submit", args=[model.pk]),
        {"token": uuid4(), "version": model.version},
    )

    model.refresh_from_db()
    assert model.moves.latest("pk").typed_by == "Lê Thị Thử"
    assert model.history.latest().typed_by == "Lê Thị Thử"
    for page in (model.get_absolute_url(), f"{model.get_absolute_url()}history/"):
        assertContains(client.get(page), "Lê Thị Thử")


def test_nothing_typed_is_lost_to_the_question(client, shared, cell):
    """The form was open before the account was marked as shared."""
    shared.is_shared = False
    shared.save()
    page = client.get(NEW)
    keep = page.context["keep"]
    shared.is_shared = True
    shared.save()

    asked = client.post(
        NEW,
        {
            "token": uuid4(),
            "draft": keep.draft,
            "writer": keep.writer,
            "name": "Một tên rất dài đã gõ",
        },
    )

    assert where(asked).startswith(ASKED)
    assert not PracticeModel.objects.exists()
    back = parse_qs(urlsplit(where(asked)).query)["next"][0]
    assertRedirects(name_oneself(client, then=back), back)
    assertContains(client.get(back), "Một tên rất dài đã gõ")
    assert DraftBuffer.objects.filter(user=shared).exists()


def test_a_button_is_pressed_again_after_the_question(client, shared, cell):
    model = factories.PracticeModelFactory(organisation=cell)
    submit = reverse("registry:practicemodel_submit", args=[model.pk])
    sent = {"token": uuid4(), "version": model.version}

    asked = client.post(
        submit, sent, headers={"referer": f"http://testserver{model.get_absolute_url()}"}
    )

    assert where(asked).startswith(ASKED)
    model.refresh_from_db()
    assert model.status == PracticeModel.Status.DRAFT
    back = parse_qs(urlsplit(where(asked)).query)["next"][0]
    assert back.endswith(model.get_absolute_url())
    name_oneself(client, then=back)
    client.post(submit, sent)
    model.refresh_from_db()
    assert model.status == PracticeModel.Status.SUBMITTED


def test_reading_and_ones_own_account_ask_nothing(client, shared):
    for page in ("/", "/models/", "/organisations/", "/accounts/", "/accounts/password/change/"):
        assert client.get(page).status_code == 200
    for address, data in (
        (reverse("set_language"), {"language": "en"}),
        (reverse("text_size"), {"size": "large"}),
        (reverse("account_logout"), {}),
    ):
        assert not where(client.post(address, data)).startswith(ASKED)


def test_a_new_session_asks_anew_and_an_account_of_one_never(client, shared, cell):
    name_oneself(client)
    client.force_login(shared)
    client.session.flush()
    client.force_login(shared)
    assert where(client.get(NEW)).startswith(ASKED)

    client.force_login(factories.UnitUserFactory(organisation=cell))
    assert client.get(NEW).status_code == 200
    model = factories.PracticeModelFactory(organisation=cell)
    add_note(client, model)
    assert model.notes.get().history.latest().typed_by is None


@pytest.mark.parametrize("name", ["", "   ", "x" * 500, "a\0b"])
def test_a_name_that_is_none_is_asked_for_again(client, shared, name):
    page = name_oneself(client, name)

    assert list(page.context["form"].errors) == ["name"]
    assert where(client.get(NEW)).startswith(ASKED)


def test_the_question_leads_to_no_other_site(client, shared):
    strange = ("https://example.com/", "//example.com", "javascript:alert(1)", "/a\0b", "x", "<b>")
    for then in (*strange, "http://testserver//example.com", "///example.com", "/\\example.com"):
        assert name_oneself(client, then=then).url == "/"


def test_those_above_say_who_shares_an_account(client, cell):
    clerk, person = factories.ClerkFactory(), factories.UnitUserFactory(organisation=cell)
    client.force_login(clerk)
    card = reverse("registry:unit_card", args=[cell.pk])
    address = reverse("registry:account_shared", args=[person.pk])

    assertRedirects(client.post(address, {"shared": "yes", "back": card}), card)
    person.refresh_from_db()
    assert person.is_shared
    assert person.history.latest().history_user == clerk
    client.post(address, {"shared": "no", "back": "https://example.com/"})
    person.refresh_from_db()
    assert not person.is_shared
