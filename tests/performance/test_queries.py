"""A page asks the database as often for 1,000 rows as for 10."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.models import Enrolment, PracticeModel
from reviews.models import AgendaItem, Assessment
from tests.factories import (
    AdminFactory,
    AwardFactory,
    CellFactory,
    ClerkFactory,
    EvidenceFactory,
    FieldFactory,
    NoteFactory,
    OutcomeFactory,
    PanelMemberFactory,
    PanelUserFactory,
    ReplicationFactory,
    SeminarFactory,
    UnitUserFactory,
    UserFactory,
    opened,
    running,
    this_year,
)

pytestmark = pytest.mark.django_db

LIST = "/models/?q=mo+hinh&status=running&sort=unit"


@pytest.fixture
def register(db):
    """Return a function that fills the register up to a number of running models."""
    cell, field, clerk = CellFactory(), FieldFactory(), ClerkFactory()

    def fill(number):
        there = PracticeModel.objects.count()
        models = [
            PracticeModel(
                name=f"Mô hình số {n}",
                organisation=cell,
                field=field,
                public=True,
                status=PracticeModel.Status.RUNNING,
                origin=PracticeModel.Origin.OLD_REGISTER,
                code=f"CU-{n}",
            )
            for n in range(there, number)
        ]
        for model in models:
            model.fill_keys()
        PracticeModel.objects.bulk_create(models)
        Enrolment.objects.bulk_create(
            Enrolment(
                model=model, year=this_year(), kind="continued", sent_at=None, entered_by=clerk
            )
            for model in models
        )
        return cell

    return fill


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200
    return len(captured)


READERS = {
    "anyone": (None, 4),
    "a unit": (lambda cell: UnitUserFactory(organisation=cell), 6),
    "the panel": (lambda cell: PanelUserFactory(), 6),
    "the clerk": (lambda cell: ClerkFactory(), 6),
    "an administrator": (lambda cell: AdminFactory(), 6),
    "a signed-in reader": (lambda cell: UserFactory(), 6),
}


@pytest.mark.look
@pytest.mark.parametrize("reader", READERS)
def test_the_list_of_models_keeps_its_few_queries(client, register, settings, reader):
    settings.PUBLIC_CATALOGUE = True
    account, most = READERS[reader]
    cell = register(10)
    if account:
        client.force_login(account(cell))

    few = queries(client, LIST)
    register(1_000)
    many = queries(client, LIST)

    assert few == many
    assert many <= most


@pytest.mark.look
@pytest.mark.parametrize("role", ["unit", "clerk"])
def test_what_is_to_do_keeps_its_few_queries(client, register, role):
    cell = register(10)
    client.force_login(UnitUserFactory(organisation=cell) if role == "unit" else ClerkFactory())

    few = queries(client, reverse("home"))
    register(1_000)

    assert queries(client, reverse("home")) == few


@pytest.mark.look
def test_the_page_of_a_unit_keeps_its_few_queries(client, register):
    cell = register(10)
    client.force_login(UnitUserFactory(organisation=cell))

    few = queries(client, cell.get_absolute_url())
    register(1_000)

    assert queries(client, cell.get_absolute_url()) == few


@pytest.mark.look
def test_the_desk_of_a_member_keeps_its_few_queries(client, register):
    register(1_000)
    models = list(PracticeModel.objects.select_related("organisation"))
    member = PanelUserFactory()
    client.force_login(member)
    found = []

    for number in (10, 1_000):
        seminar = SeminarFactory()
        PanelMemberFactory(seminar=seminar, user=member)
        seminar.put(models[:number], by=member)
        opened(seminar)
        assert AgendaItem.objects.filter(seminar=seminar).count() == number
        found.append(queries(client, reverse("reviews:desk", args=[seminar.pk])))
        ballot = Assessment.objects.filter(item__seminar=seminar).first()
        found.append(queries(client, ballot.get_absolute_url()))
        found.append(queries(client, seminar.get_absolute_url()))

    assert found[:3] == found[3:]


def test_the_page_of_a_model_keeps_its_few_queries_however_much_hangs_on_it(client):
    clerk = ClerkFactory()
    client.force_login(clerk)
    found = []
    model = running()

    for number in (2, 20):
        for _ in range(number):
            AwardFactory(model=model)
            EvidenceFactory(model=model, added_by=clerk)
            NoteFactory(model=model, by=clerk)
            ReplicationFactory(model=model)
            OutcomeFactory(enrolment=model.enrolments.get())
        found.append(queries(client, model.get_absolute_url()))

    assert found[0] == found[1]
