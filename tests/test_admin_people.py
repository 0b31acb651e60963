"""The registrar's daily work: finding, accounts, and an organisation that ends."""

from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from registry.models import Organisation, PartyCell, PracticeModel, Role, User
from tests import factories
from tests.counting import rows
from tests.test_admin_saving import address, change, errors_of, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def registrar(client):
    user = factories.AdminFactory()
    client.force_login(user)
    return user


# --- Finding ------------------------------------------------------------------------------------


def found(client, model, words):
    response = client.get(address(model, "changelist"), {"q": words})
    return list(response.context["cl"].queryset)


def test_words_are_found_without_diacritics_and_in_any_order(client, registrar):
    factories.running(name="Đường hoa")
    model = factories.running(name="Tương trợ giảm nghèo bền vững")
    cell = factories.CellFactory(name="Chi bộ khối phố Hòa Sen")
    person = factories.UserFactory(full_name="Đặng Thử Hòa", phone="0900 111 222")
    award = factories.AwardFactory(model=model)
    item = factories.AgendaItemFactory(model=model)

    for words in ("giam ngheo", "NGHÈO  giảm", "Tương trợ gia\u0309m"):
        assert found(client, PracticeModel, words) == [model]
    assert found(client, type(award), "giam ngheo") == [award]
    assert found(client, type(item), "giam ngheo") == [item]
    assert found(client, Organisation, "hoa sen") == [cell]
    assert found(client, PartyCell, "sen HOA") == [PartyCell.objects.get(pk=cell.pk)]
    for words in ("dang hoa", "0900 222", person.username):
        assert person in found(client, User, words)
    assert found(client, User, "dang xyz") == []


def suggestions(client, model, field, words):
    where = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
    asked = where | {"field_name": field, "term": words}
    return client.get(reverse("admin:autocomplete"), asked).json()["results"]


def test_choosing_by_typing_tells_namesakes_apart_and_leaves_out_what_is_switched_off(
    client, registrar
):
    ward = factories.OrganisationFactory(name="Đảng ủy phường Sen")
    factories.CellFactory(name="Chi bộ khối phố Một", parent=ward)
    model = factories.running(name="Đường hoa")
    factories.FieldFactory(name="Kinh tế biển", is_active=False)

    (cell,) = suggestions(client, Organisation, "parent", "khoi pho mot")
    assert cell["text"] == "Chi bộ khối phố Một (Đảng ủy phường Sen)"
    (offered,) = suggestions(client, type(factories.AwardFactory()), "model", "duong hoa")
    assert model.code in offered["text"]
    assert suggestions(client, PracticeModel, "field", "kinh te bien") == []


def test_suggestions_are_for_registrars_alone(client):
    client.force_login(factories.ClerkFactory())

    response = client.get(reverse("admin:autocomplete"), {"term": "a", "app_label": "registry"})
    assert response.status_code == 403


# --- Accounts -----------------------------------------------------------------------------------

PASSWORD = "mot-mat-khau-rat-dai-123"


def open_account(client, **fields):
    url = address(User, "add")
    new = {"username": "0905 123.456", "full_name": "Lê Thử", "usable_password": "true"}
    new |= {"password1": PASSWORD, "password2": PASSWORD}
    return client.post(url, shown(client, url) | new | fields)


def test_an_account_is_opened_as_people_sign_in(client, registrar):
    unit, cell = Group.objects.get(name=Role.UNIT), factories.CellFactory()
    first = {"memberships-TOTAL_FORMS": 1, "memberships-0-organisation": cell.pk}

    response = open_account(
        client, groups=[unit.pk], **first, **{"memberships-0-since": "01/01/2024"}
    )

    assert response.status_code == 302
    user = User.objects.get(username="0905123456")
    assert user.check_password(PASSWORD)
    assert (list(user.groups.all()), user.is_staff) == ([unit], False)
    assert user.memberships.get().organisation == cell
    assert user.history.first().history_user == registrar
    assert "username" in errors_of(open_account(client))
    open_account(client, username="NguyenThu")
    assert User.objects.filter(username="nguyenthu").exists()


def test_weak_and_mistyped_passwords_are_refused(client, registrar):
    assert "password2" in errors_of(open_account(client, password1="123456", password2="123456"))
    assert "password2" in errors_of(open_account(client, password2="khac-hoan-toan-456"))
    assert "username" in errors_of(open_account(client, username="a b<c"))


def test_an_account_is_switched_off_and_its_hash_never_shown(client, registrar):
    user = factories.UserFactory()
    page = client.get(address(User, "change", user.pk)).content.decode()
    assert "md5" not in page
    assert user.password not in page

    sent = shown(client, address(User, "change", user.pk))
    del sent["is_active"]
    client.post(address(User, "change", user.pk), sent)

    user.refresh_from_db()
    assert not user.is_active


def test_a_password_is_set_anew_on_record(client, registrar):
    user = factories.UserFactory()
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    assert client.get(url).status_code == 200

    new = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert client.post(url, new | {"set-password": "1"}).status_code == 302

    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    entry = user.history.first()
    assert (entry.history_user, entry.history_change_reason) == (registrar, "set password")


def test_the_account_that_may_do_everything_is_out_of_the_registrars_hands(client, registrar):
    root = User.objects.create_superuser("root", "Gốc", PASSWORD)
    password = reverse("admin:auth_user_password_change", args=[root.pk])

    assert client.get(address(User, "change", root.pk)).status_code == 200
    assert client.post(address(User, "change", root.pk), {"full_name": "x"}).status_code == 403
    assert client.get(password).status_code == 403
    client.force_login(root)
    assert change(client, root, phone="0235").status_code == 302


def take_from(client, user, field, **instead):
    url = address(User, "change", user.pk)
    sent = shown(client, url)
    sent.pop(field, None)
    return client.post(url, sent | instead)


@pytest.mark.parametrize("field", ["is_active", "is_staff", "groups"])
def test_nobody_takes_the_administration_from_themselves(client, registrar, field):
    factories.AdminFactory()
    before = rows()

    errors = errors_of(take_from(client, registrar, field))

    assert set(errors) == {field}
    assert rows() == before
    assert client.get("/admin/").status_code == 200


def test_who_has_it_twice_over_may_give_up_the_group_alone(client):
    root = User.objects.create_superuser("root", "Gốc", PASSWORD)
    root.groups.add(Group.objects.get(name=Role.ADMIN))
    client.force_login(root)

    assert take_from(client, root, "groups").status_code == 302
    assert set(errors_of(take_from(client, root, "is_staff"))) == {"is_staff"}


@pytest.mark.parametrize("field", ["is_active", "is_staff", "groups"])
def test_another_administrator_takes_it_and_not_from_the_last(client, registrar, field):
    other, third = factories.AdminFactory(), factories.UserFactory(is_staff=True)
    assert take_from(client, other, field).status_code == 302
    assert list(User.objects.administrators()) == [registrar]

    stays = {"is_active": True, "is_staff": True, "roles": {Role.ADMIN}}
    taken = {field: set()} if field != "groups" else {"roles": set()}
    with transaction.atomic(), pytest.raises(ValidationError) as refused:
        registrar.check_keeps_the_register(by=third, **stays | taken)
    assert set(refused.value.message_dict) == {field}


def test_what_changes_nothing_of_the_administration_is_saved(client, registrar):
    assert change(client, registrar, phone="0235").status_code == 302
    registrar.refresh_from_db()
    assert (registrar.phone, registrar.is_admin) == ("0235", True)


def test_an_administrator_is_not_deleted_and_keeps_a_password(client, registrar):
    assert client.get(address(User, "delete", registrar.pk)).status_code == 403
    assert client.post(address(User, "delete", registrar.pk), {"post": "yes"}).status_code == 403
    registrar.set_password(PASSWORD)
    registrar.save()
    client.force_login(registrar)
    url = reverse("admin:auth_user_password_change", args=[registrar.pk])

    answer = client.post(url, {"usable_password": "false", "unset-password": "1"})

    assert answer.status_code == 200
    assert "usable_password" in answer.context["form"].errors
    registrar.refresh_from_db()
    assert registrar.has_usable_password()


# --- Organisations ------------------------------------------------------------------------------


def test_a_party_cell_has_a_page_of_its_own_with_its_kinds_alone(client, registrar):
    ward = factories.OrganisationFactory()
    url = address(PartyCell, "add")
    new = shown(client, url) | {"name": "Chi bộ Mới", "parent": ward.pk, "position": 1}

    assert "kind" in errors_of(client.post(url, new | {"kind": "ward_committee"}))
    assert client.post(url, new | {"kind": "residential_cell"}).status_code == 302

    cell = Organisation.objects.get(name="Chi bộ Mới")
    assert cell.history.get().history_user == registrar
    assert client.get(address(PartyCell, "change", ward.pk)).status_code == 302


def test_an_organisation_ends_once_what_follows_was_read(client, registrar):
    cell, next_one = factories.CellFactory(), factories.CellFactory()
    model = factories.running(organisation=cell)
    membership = factories.MembershipFactory(organisation=cell)
    url = address(PartyCell, "end", cell.pk)
    end = {"on": "30/06/2024", "successor": next_one.pk, "reason": "Sáp nhập"}
    before = rows()

    assert client.get(url).context["running"] == 1
    asked = client.post(url, end)
    assert (asked.status_code, asked.context["to_confirm"], rows()) == (200, True, before)
    assert client.post(url, end | {"confirm": "1"}).status_code == 302

    for record in (cell, model, membership):
        record.refresh_from_db()
    assert (cell.valid_until, cell.successor) == (date(2024, 6, 30), next_one)
    assert (model.organisation, membership.until) == (next_one, date(2024, 6, 30))
    assert cell.history.first().history_change_reason == "Sáp nhập"


def test_an_end_that_cannot_be_is_said_in_the_form(client, registrar):
    ward = factories.OrganisationFactory(valid_from=date(2024, 1, 1))
    below = factories.CellFactory(parent=ward)
    url = address(Organisation, "end", ward.pk)
    end = {"on": "30/06/2025", "reason": "Sáp nhập", "confirm": "1"}
    before = rows()

    for wrong, at in [
        ({"on": "31/13/2024"}, "on"),
        ({"on": "30/06/2023"}, "__all__"),
        ({"reason": " "}, "reason"),
        ({"successor": below.pk}, "successor"),
        ({"successor": ward.pk}, "successor"),
        ({"successor": "abc"}, "successor"),
    ]:
        response = client.post(url, end | wrong)
        assert (response.status_code, at in response.context["form"].errors) == (200, True), wrong
    assert rows() == before
    assert client.get(address(Organisation, "end", 999_999)).status_code == 404


def test_only_registrars_end_an_organisation(client):
    cell = factories.CellFactory()
    client.force_login(factories.ClerkFactory())
    assert client.post(address(Organisation, "end", cell.pk), {"confirm": "1"}).status_code == 403

    client.force_login(factories.UserFactory(is_staff=True))
    assert client.post(address(Organisation, "end", cell.pk), {"confirm": "1"}).status_code == 403
    cell.refresh_from_db()
    assert cell.valid_until is None
