"""The registrar's daily work: finding, accounts, and an organisation that ends."""

from datetime import date
from uuid import uuid4

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertRedirects

from registry.models import (
    Membership,
    Organisation,
    PartyCell,
    PracticeModel,
    Role,
    SecurityEvent,
    User,
)
from tests import factories
from tests.counting import rows
from tests.factories import PASSWORD
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


def open_account(client, **fields):
    url = address(User, "add")
    new = {"username": "0905 123.456", "full_name": "Lê Thử"}
    return client.post(url, shown(client, url) | new | fields)


def slip_of(account):
    return reverse("registry:account_reset", args=[account.pk])


def has_a_password(account):
    return User.objects.get(pk=account.pk).has_usable_password()


def test_an_account_is_opened_as_people_sign_in(client, registrar):
    unit, cell = Group.objects.get(name=Role.UNIT), factories.CellFactory()
    first = {"memberships-TOTAL_FORMS": 1, "memberships-0-organisation": cell.pk}

    response = open_account(
        client, groups=[unit.pk], **first, **{"memberships-0-since": "01/01/2024"}
    )

    user = User.objects.get(username="0905123456")
    assertRedirects(response, slip_of(user))
    assert (list(user.groups.all()), user.is_staff) == ([unit], False)
    assert user.memberships.get().organisation == cell
    assert user.history.first().history_user == registrar
    assert "username" in errors_of(open_account(client))
    assert "username" in errors_of(open_account(client, username="a b<c"))
    open_account(client, username="NguyenThu")
    assert User.objects.filter(username="nguyenthu").exists()


@pytest.mark.parametrize("role", Role)
def test_no_password_is_typed_for_anybody_and_a_slip_opens_an_account_of_any_role(
    client, registrar, role
):
    form = client.get(address(User, "add")).context["adminform"].form
    assert [name for name in form.fields if "password" in name] == []
    open_account(client, groups=[Group.objects.get(name=role).pk], password1="x", password="x")
    user = User.objects.get(username="0905123456")
    assert not user.has_usable_password()

    page = client.get(slip_of(user))
    slip = client.post(slip_of(user), {"token": page.context["token"]})

    user.refresh_from_db()
    assert (slip.status_code, user.must_change_password) == (200, True)
    assert user.check_password(slip.context["password"])
    assert user.first_password_until > timezone.now()
    assertContains(slip, address(User, "change", user.pk))


def test_a_new_slip_is_on_the_page_of_everybody_but_oneself_and_who_may_do_everything(
    client, registrar
):
    root = User.objects.create_superuser("root", "Gốc", PASSWORD)
    panel, admin = factories.PanelUserFactory(), factories.AdminFactory()
    without_unit = factories.UserFactory(groups=[Role.UNIT])

    for account, may in (
        (panel, True), (admin, True), (without_unit, True), (root, False), (registrar, False),
    ):  # fmt: skip
        assert (slip_of(account) in page_of(client, account)) == may
        sent = {"token": uuid4()}
        assert client.post(slip_of(account), sent).status_code == (200 if may else 403)
        assert User.objects.get(pk=account.pk).check_password(PASSWORD) != may


def page_of(client, account):
    return client.get(address(User, "change", account.pk)).content.decode()


def test_a_new_slip_ends_sessions_is_on_record_and_leaves_the_second_factor(client, registrar):
    panel, theirs = factories.PanelUserFactory(), Client()
    theirs.force_login(panel)
    TOTP.activate(panel, "JBSWY3DPEHPK3PXP")

    client.post(slip_of(panel), {"token": uuid4()})

    assert "_auth_user_id" not in theirs.get("/models/").wsgi_request.session
    entry = panel.history.first()
    assert (entry.history_user, entry.history_change_reason) == (registrar, "reset password")
    event = SecurityEvent.objects.get(kind=SecurityEvent.Kind.FIRST_PASSWORD)
    assert (event.user, event.by) == (panel, registrar)
    assert panel.authenticator_set.exists()


def test_only_the_administration_makes_slips_for_more_than_a_units_account(client):
    panel = factories.PanelUserFactory()
    outside = factories.UserFactory(groups=[Role.ADMIN])
    for account in (factories.ClerkFactory(), outside):
        client.force_login(account)
        assert client.post(slip_of(panel), {"token": uuid4()}).status_code == 403
    assert User.objects.get(pk=panel.pk).check_password(PASSWORD)


def test_nobody_finds_out_a_hash_by_filtering(client, registrar):
    answer = client.get(address(User, "changelist"), {"password__startswith": "md5"})

    assert answer.status_code == 400


# --- More than it was -----------------------------------------------------------------------------


def used_slip(account):
    """Let somebody have used the account's slip: a password, a second factor, the directory."""
    TOTP.activate(account, "JBSWY3DPEHPK3PXP")
    SocialAccount.objects.create(user=account, provider="oidc", uid="s-1")
    client = Client()
    client.force_login(account)
    return client


@pytest.mark.parametrize("gained", [Role.CLERK, Role.PANEL, Role.ADMIN, "is_staff"])
def test_nothing_that_opened_a_units_account_opens_one_that_is_more(client, registrar, gained):
    person = factories.UnitUserFactory()
    theirs = used_slip(person)
    groups = Group.objects.filter(name__in=[Role.UNIT, gained])
    fields = {"groups": [group.pk for group in groups]}
    if gained == "is_staff":
        fields["is_staff"] = "on"

    answer = change(client, person, **fields)

    assert not has_a_password(person)
    assert not person.authenticator_set.exists()
    assert not person.socialaccount_set.exists()
    assert "_auth_user_id" not in theirs.get("/models/").wsgi_request.session
    event = SecurityEvent.objects.get(kind=SecurityEvent.Kind.KEYS_VOID)
    assert (event.user, event.by) == (person, registrar)
    assertContains(client.get(answer.url), slip_of(person))
    slip = client.post(slip_of(person), {"token": uuid4()})
    assert User.objects.get(pk=person.pk).check_password(slip.context["password"])


def test_who_has_more_already_or_gets_nothing_keeps_the_password(client, registrar):
    panel, person = factories.PanelUserFactory(), factories.UnitUserFactory()
    both = [group.pk for group in Group.objects.filter(name__in=[Role.PANEL, Role.CLERK])]

    change(client, panel, groups=both)
    change(client, person, position="Bí thư", is_shared="on")

    assert has_a_password(panel)
    assert has_a_password(person)


@pytest.mark.parametrize("page", ["membership", "person", "organisation"])
def test_a_slip_from_a_ward_does_not_open_what_the_ward_does_not_look_after(
    client, registrar, page
):
    ward = factories.OrganisationFactory()
    cell, sister = factories.CellFactory.create_batch(2, parent=ward)
    elsewhere = factories.CellFactory()
    person = factories.UnitUserFactory(organisation=cell)
    from_the_ward = Client()
    from_the_ward.force_login(factories.UnitUserFactory(organisation=ward))
    from_the_ward.post(slip_of(person), {"token": uuid4()})

    let_act_for(client, person, sister, page)
    assert has_a_password(person)
    let_act_for(client, person, elsewhere, page)

    assert not has_a_password(person)
    event = SecurityEvent.objects.get(kind=SecurityEvent.Kind.KEYS_VOID)
    assert (event.user, event.by) == (person, registrar)


def test_a_slip_of_the_office_and_a_password_of_ones_own_open_another_unit_too(client, registrar):
    with_slip, with_own = factories.UnitUserFactory.create_batch(2)
    client.post(slip_of(with_slip), {"token": uuid4()})

    for person in (with_slip, with_own):
        let_act_for(client, person, factories.CellFactory(), "membership")
        assert has_a_password(person)


def let_act_for(client, person, unit, page):
    """Enter the membership on one of the three pages there are for it."""
    today = timezone.localdate().strftime("%d/%m/%Y")
    if page == "membership":
        url = address(Membership, "add")
        sent = {"user": person.pk, "organisation": unit.pk, "since": today}
    else:
        record, other = (person, unit) if page == "person" else (unit, person)
        url = address(type(record), "change", record.pk)
        number = record.memberships.count()
        name = "organisation" if page == "person" else "user"
        sent = {
            "memberships-TOTAL_FORMS": number + 1,
            f"memberships-{number}-{name}": other.pk,
            f"memberships-{number}-since": today,
        }
    assert client.post(url, shown(client, url) | sent).status_code == 302


# --- Who keeps the register -----------------------------------------------------------------------


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


def test_the_account_that_may_do_everything_is_out_of_the_registrars_hands(client, registrar):
    root = User.objects.create_superuser("root", "Gốc", PASSWORD)

    assert client.get(address(User, "change", root.pk)).status_code == 200
    assert client.post(address(User, "change", root.pk), {"full_name": "x"}).status_code == 403
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


def test_an_administrator_is_not_deleted(client, registrar):
    assert client.get(address(User, "delete", registrar.pk)).status_code == 403
    assert client.post(address(User, "delete", registrar.pk), {"post": "yes"}).status_code == 403


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
