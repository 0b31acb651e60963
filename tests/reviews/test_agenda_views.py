"""Putting models before a seminar, opening it, and taking no part."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import Organisation
from reviews.models import AgendaItem, Assessment, Recusal, Scan, Seminar
from tests import factories
from tests.reviews.pages import hand_in, leads_to, planned, sent, signed_in, to

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    return signed_in(client, factories.ClerkFactory())


# --- Putting models before it ---------------------------------------------------------------


def test_several_models_are_put_by_code_or_name_and_putting_twice_is_once(client, clerk):
    seminar = factories.SeminarFactory()
    one, two = factories.running(), factories.submitted(name="Dân vận khéo ở chợ")
    codes = f"{one.code}\n\n dan van kheo \n{one.code.lower()}"

    for _twice in range(2):
        response = client.post(to("agenda_add", seminar), {"codes": codes})
        leads_to(response, seminar.get_absolute_url())

    assert [item.model for item in seminar.items.all()] == [one, two]


def test_every_line_that_is_no_model_is_named_and_nothing_is_put(client, clerk):
    seminar = factories.SeminarFactory()
    draft = factories.PracticeModelFactory(name="Bản nháp của đơn vị")
    codes = f"{factories.running().code}\nkhông có\n{draft.name}"

    response = client.post(to("agenda_add", seminar), {"codes": codes})

    said = " ".join(response.context["form"].errors["codes"])
    assert "“không có”" in said
    assert f"“{draft.name}”" in said
    assert not seminar.items.exists()


def test_of_several_models_of_one_name_the_codes_to_write_are_named(client, clerk):
    seminar = factories.SeminarFactory()
    one, other = factories.running(name="Giảm nghèo"), factories.running(name="Giảm nghèo")

    response = client.post(to("agenda_add", seminar), {"codes": "giam ngheo"})

    (said,) = response.context["form"].errors["codes"]
    for model in (one, other):
        assert f"{model.code} – Giảm nghèo ({model.organisation})" in said
    leads_to(
        client.post(to("agenda_add", seminar), {"codes": other.code}), seminar.get_absolute_url()
    )


def test_more_lines_than_can_be_looked_up_at_once_are_refused_not_cut(client, clerk):
    seminar = factories.SeminarFactory()
    codes = "\n".join([factories.running().code] * 201)

    response = client.post(to("agenda_add", seminar), {"codes": codes})

    assert response.context["form"].errors
    assert not seminar.items.exists()


# 32767 is where the column of PostgreSQL ends: the form took it once.
@pytest.mark.parametrize("last", [Seminar.LAST_PLACE, 32767])
def test_after_the_last_number_there_is_room_again_once_all_are_counted_out(client, clerk, last):
    seminar, model = factories.SeminarFactory(), factories.running()
    before = [factories.AgendaItemFactory(seminar=seminar, position=n) for n in (7, last)]

    response = client.post(to("agenda_add", seminar), {"codes": model.code})

    leads_to(response, seminar.get_absolute_url())
    models = [item.model for item in before] + [model]
    assert [(item.position, item.model) for item in seminar.items.all()] == [*enumerate(models, 1)]


def test_more_items_than_there_are_numbers_are_refused_with_a_sentence(client, clerk, monkeypatch):
    monkeypatch.setattr(Seminar, "LAST_PLACE", 2)
    seminar = factories.SeminarFactory()
    codes = "\n".join(factories.running().code for _number in range(3))

    response = client.post(to("agenda_add", seminar), {"codes": codes})

    assertContains(response, seminar.get_absolute_url(), status_code=HTTPStatus.CONFLICT)
    assert not seminar.items.exists()


@pytest.mark.parametrize("number", [Seminar.LAST_PLACE + 1, 32767, 10**30])
def test_a_number_beyond_the_last_is_said_at_its_field(client, clerk, number):
    item = factories.AgendaItemFactory()

    page = sent(client, "agendaitem_update", item, position=number)

    assert list(page.context["form"].errors) == ["position"]
    last = sent(client, "agendaitem_update", item, position=Seminar.LAST_PLACE)
    leads_to(last, item.get_absolute_url())


@pytest.fixture
def block():
    """Three running models of the wards, one of an agency, one that only waits."""
    wards = [factories.running(name=f"Mô hình phường {number}") for number in range(3)]
    agency = factories.CellFactory(block=Organisation.Block.AGENCIES)
    factories.running(organisation=agency)
    factories.submitted()
    Organisation.objects.filter(models__in=wards).update(block=Organisation.Block.WARDS)
    return wards


def test_all_running_models_of_a_block_are_shown_before_they_are_put(client, clerk, block):
    seminar = factories.SeminarFactory()
    seminar.put(block[:1], by=clerk)
    address = to("agenda_add_block", seminar)

    shown = client.get(address, {"block": "wards"})
    response = client.post(address, {k: shown.context[k] for k in ("block", "expected")})

    assert set(shown.context["models"]) == set(block[1:])
    leads_to(response, seminar.get_absolute_url())
    assert {item.model for item in seminar.items.all()} == set(block)


def test_all_that_are_due_by_the_day_of_the_meeting_are_put_whatever_their_block(client, clerk):
    seminar = factories.SeminarFactory()
    models = {days: factories.running() for days in (-1, 0, 1)}
    for days, model in models.items():
        day = seminar.held_on + timedelta(days=days)
        factories.issued(factories.DecisionFactory(), model, review_by=day)
    factories.running()
    address = to("agenda_add_block", seminar)

    shown = client.get(address, {"block": "due"})
    client.post(address, {k: shown.context[k] for k in ("block", "expected")})

    assert {item.model for item in seminar.items.all()} == {models[-1], models[0]}


def test_a_block_that_has_changed_since_it_was_shown_is_not_put(client, clerk, block):
    seminar = factories.SeminarFactory()
    address = to("agenda_add_block", seminar)
    shown = client.get(address, {"block": "wards"}).context["expected"]
    ward = factories.OrganisationFactory(block="wards")
    factories.running(organisation=ward)

    for expected in (shown, "", "1,x,\0", "9" * 50):
        response = client.post(address, {"block": "wards", "expected": expected})
        assert response.status_code in (HTTPStatus.CONFLICT, HTTPStatus.OK)

    assert not seminar.items.exists()


def test_a_block_without_models_and_no_block_at_all_are_said(client, clerk):
    seminar = factories.SeminarFactory()
    address = to("agenda_add_block", seminar)

    empty, unknown = client.get(address, {"block": "wards"}), client.get(address, {"block": "x"})

    assert not empty.context["models"]
    assert unknown.context["form"].errors
    assertNotContains(empty, 'name="expected"')


def test_an_item_goes_up_and_down_by_buttons(client, clerk):
    seminar = planned("Một", "Hai", "Ba")
    item = seminar.items.get(model__name="Hai")

    response = client.post(to("agendaitem_move", item), {"to": "up"})

    leads_to(response, f"{seminar.get_absolute_url()}?page=1#item-{item.pk}")
    assert [str(i.model) for i in seminar.items.all()] == ["Hai", "Một", "Ba"]
    client.post(to("agendaitem_move", item), {"to": "down"})
    assert [str(i.model) for i in seminar.items.all()] == ["Một", "Hai", "Ba"]
    sideways = client.post(to("agendaitem_move", item), {"to": "left\r\nX: y"})
    assert sideways.status_code == HTTPStatus.BAD_REQUEST


def test_an_item_gets_its_presenter_paper_opinion_and_the_scan_of_the_paper(client, clerk):
    item = planned("Một").items.get()
    scan = SimpleUploadedFile("tham-luan.jpg", factories.a_jpeg(), content_type="image/jpeg")

    response = sent(
        client, "agendaitem_update", item,
        position="7", presenter="Lê Thử", paper="received", opinion="Nên nhân rộng.",
        proposed="replicate", files=scan,
    )  # fmt: skip

    leads_to(response, item.get_absolute_url())
    item.refresh_from_db()
    assert (item.position, item.presenter, item.paper, item.proposed) == (
        7, "Lê Thử", "received", "replicate",
    )  # fmt: skip
    assert Scan.objects.get(item=item).original_name == "tham-luan.jpg"
    assertContains(client.get(item.get_absolute_url()), Scan.objects.get().get_absolute_url())


def test_an_item_sent_twice_keeps_its_scan_once(client, clerk):
    item = planned("Một").items.get()
    form = {"position": "1", "paper": "received", "version": item.history.count() + 1}

    def send():
        scan = SimpleUploadedFile("tham-luan.jpg", factories.a_jpeg(), content_type="image/jpeg")
        return client.post(to("agendaitem_update", item), form | {"files": scan})

    assert (send().status_code, send().status_code) == (HTTPStatus.FOUND, HTTPStatus.CONFLICT)
    assert Scan.objects.filter(item=item).count() == 1


def test_an_item_is_taken_off_a_planned_seminar(client, clerk):
    seminar = planned("Một", "Hai")

    leads_to(client.post(to("agendaitem_drop", seminar.items.first())), seminar.get_absolute_url())

    assert [str(item.model) for item in seminar.items.all()] == ["Hai"]


# --- Opening and recusals -------------------------------------------------------------------


def test_opening_by_the_button_gives_out_ballots_and_a_second_press_is_refused(client, clerk):
    seminar = planned("Một", "Hai")
    factories.PanelMemberFactory.create_batch(3, seminar=seminar)

    first, second = (client.post(to("seminar_open", seminar)) for _ in range(2))

    leads_to(first, seminar.get_absolute_url())
    assert second.status_code == HTTPStatus.CONFLICT
    assertContains(second, seminar.get_absolute_url(), status_code=HTTPStatus.CONFLICT)
    assert Assessment.objects.count() == 6


def test_a_seminar_with_nothing_before_it_says_why_it_does_not_open(client, clerk):
    seminar = factories.SeminarFactory()

    response = client.post(to("seminar_open", seminar), follow=True)

    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert Seminar.objects.get().is_planned


@pytest.mark.parametrize(
    "page", ["panel_update", "criteria_update", "agenda_add", "agenda_add_block"]
)
def test_panel_criteria_and_agenda_stay_as_they_are_once_the_seminar_is_open(client, clerk, page):
    seminar = factories.opened()

    answers = [client.get(to(page, seminar)), client.post(to(page, seminar), {"suggested": "yes"})]

    assert [answer.status_code for answer in answers] == [HTTPStatus.CONFLICT] * 2


def test_title_and_gist_are_written_while_the_seminar_is_open_and_not_after(client, clerk):
    seminar = factories.opened()
    item = seminar.items.get()

    sent(client, "seminar_update", seminar, title="Tọa đàm đã mở")
    sent(client, "agendaitem_update", item, gist="Nhiều ý kiến đồng tình.")
    client.post(to("seminar_close", seminar))

    assert Seminar.objects.get().title == "Tọa đàm đã mở"
    assert AgendaItem.objects.get().gist == "Nhiều ý kiến đồng tình."
    for page, record in (("seminar_update", seminar), ("agendaitem_update", item)):
        assert client.get(to(page, record)).status_code == HTTPStatus.CONFLICT
    assert client.post(to("seminar_close", seminar)).status_code == HTTPStatus.CONFLICT


def test_the_clerk_records_that_a_member_takes_no_part(client, clerk):
    seminar = factories.opened(members=2)
    item, member = seminar.items.get(), seminar.members.first()

    response = sent(client, "agendaitem_recuse", item, member=str(member.pk), reason="Người thân")

    leads_to(response, seminar.get_absolute_url())
    assert item.recusals.get().member == member
    assertContains(client.get(item.get_absolute_url()), "Người thân")


def test_a_member_declares_for_themselves_and_for_nobody_else(client):
    seminar = factories.opened(members=2)
    item, (member, other) = seminar.items.get(), seminar.members.all()
    signed_in(client, member.user)
    address = to("agendaitem_recuse", item)

    declared = client.post(address, {"member": other.pk, "reason": "Tham gia xây dựng mô hình"})
    again = client.post(address, {"reason": "Lần nữa"})

    leads_to(declared, to("desk", seminar))
    assert [recusal.member for recusal in Recusal.objects.all()] == [member]
    assert (again.status_code, again.context["keep"]) == (HTTPStatus.OK, None)


def test_who_declares_for_themselves_is_asked_for_the_reason_alone_and_told_of_which_model(client):
    item = factories.opened(members=2).items.get()
    signed_in(client, item.seminar.members.first().user)

    page = client.get(to("agendaitem_recuse", item))

    assert list(page.context["form"].fields) == ["reason"]
    assertContains(page, f'<strong lang="vi">{item}</strong>')


def test_who_has_handed_in_is_told_that_it_is_too_late_to_declare(client):
    seminar = factories.opened()
    member, ballot = seminar.members.get(), Assessment.objects.get()
    hand_in(ballot)
    signed_in(client, member.user)

    response = client.post(
        to("agendaitem_recuse", ballot.item), {"member": member.pk, "reason": "Muộn"}
    )

    assert response.status_code == HTTPStatus.CONFLICT
    assert Assessment.objects.get().is_handed_in
