"""Numbers of people in texts are pointed out before a registration is sent and accepted."""

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from registry.personal_numbers import numbers_in
from tests import factories


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Liên hệ chị Ba 0905 123 456 để biết.", ["0905 123 456"]),
        ("gọi 0905.123.456 hoặc 0235-3851-234", ["0905.123.456", "0235-3851-234"]),
        ("số +84 905 123 456.", ["+84 905 123 456"]),
        ("CCCD 049085001234 cấp tại", ["049085001234"]),
        ("CMND 205123456", ["205123456"]),
        ("vận động 150.000.000 đồng", []),
        ("vận động 150000000 đồng", []),
        ("trồng 1.200 cây, dài 2.500 m", []),
        ("từ ngày 05/06/2023 đến 31/12/2025", []),
        ("Quyết định số 1234-QĐ/TU ngày 01/6/2023", []),
        ("năm 2021, 2022 và 2023", []),
        ("", []),
    ],
)
def test_what_looks_like_somebodys_number(text, numbers):
    assert numbers_in(text) == numbers


@pytest.mark.django_db
def test_it_is_said_before_sending_and_before_accepting_and_holds_up_nobody(client):
    unit = factories.UnitUserFactory()
    cell = unit.memberships.get().organisation
    model = factories.PracticeModelFactory(
        organisation=cell, approach="Gọi bà Tư 0905 123 456", contact_phone="0905 999 888"
    )
    client.force_login(unit)
    check = client.get(reverse("registry:practicemodel_check", args=[model.pk]))
    assert [each["number"] for each in check.context["numbers"]] == ["0905 123 456"]
    assertContains(
        check, f"{reverse('registry:practicemodel_update', args=[model.pk])}#id_approach"
    )

    model.submit(by=unit)
    client.force_login(factories.ClerkFactory())
    assertContains(client.get(model.get_absolute_url()), "số điện thoại")

    model.accept(by=factories.ClerkFactory())
    assert model.status == "running"
    assertNotContains(client.get(model.get_absolute_url()), "số điện thoại")


@pytest.mark.django_db
def test_it_is_said_before_a_further_year_is_sent_and_received(client):
    unit, clerk = factories.UnitUserFactory(), factories.ClerkFactory()
    model = factories.running(
        organisation=unit.memberships.get().organisation, approach="Gọi bà Tư 0905 123 456"
    )
    year = model.continue_in(factories.this_year() + 1, by=unit)

    def numbers(user):
        client.force_login(user)
        shown = client.get(model.get_absolute_url()).context["numbers"]
        return [each["number"] for each in shown]

    assert numbers(unit) == ["0905 123 456"]
    year.send(by=unit)
    assert (numbers(unit), numbers(clerk)) == ([], ["0905 123 456"])
    year.accept(by=clerk)
    assert (numbers(unit), numbers(clerk)) == ([], [])


@pytest.mark.django_db
def test_it_is_said_beside_each_registration_before_many_are_accepted(client):
    told = factories.submitted(approach="Gọi bà Tư 0905 123 456")
    silent = factories.submitted()
    client.force_login(factories.ClerkFactory())

    def numbers(kind):
        sent = {"step": "preview", "model": [told.pk, silent.pk], "kind": kind}
        page = client.post(reverse("registry:bulk"), sent)
        return page, {
            model.pk: [each["number"] for each in found]
            for model, _refusal, found in page.context["rows"]
        }

    page, found = numbers("receive")
    assert found == {told.pk: ["0905 123 456"], silent.pk: []}
    assertContains(page, f"{reverse('registry:practicemodel_update', args=[told.pk])}#id_approach")
    assert numbers("hide")[1] == {told.pk: [], silent.pk: []}
