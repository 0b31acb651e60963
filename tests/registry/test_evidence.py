"""The photos and documents of a model: how they come, who gets them, how they go."""

import logging
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry.files import MEGABYTE, check_upload
from registry.models import Evidence, SecurityEvent
from tests import factories
from tests.counting import rows
from tests.registry import sample_files

pytestmark = pytest.mark.django_db

OK, FOUND, FORBIDDEN, GONE = 200, 302, 403, 404
CONFLICT, WRONG_METHOD = HTTPStatus.CONFLICT, HTTPStatus.METHOD_NOT_ALLOWED


@pytest.fixture
def ward():
    return factories.OrganisationFactory()


@pytest.fixture
def cell(ward):
    return factories.CellFactory(parent=ward)


@pytest.fixture
def person(client, cell):
    user = factories.UnitUserFactory(organisation=cell)
    client.force_login(user)
    return user


@pytest.fixture
def model(cell):
    return factories.running(organisation=cell)


@pytest.fixture
def clerk():
    return factories.ClerkFactory()


def to(name, record):
    return reverse(f"registry:{name}", args=[record.pk])


def photo(name="anh.jpg", content=None):
    return SimpleUploadedFile(name, factories.a_jpeg() if content is None else content)


def files_of(*files, **answers):
    return {"token": uuid4(), "kind": "photo", "files": files, **answers}


def errors(response):
    return set(response.context["form"].errors)


def on_disk():
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def told(response):
    return [str(message) for message in response.context["messages"]]


def as_(user):
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    return client


# --- Adding files -------------------------------------------------------------------------------


def test_several_files_are_added_at_once_with_their_caption(client, person, model):
    response = client.post(
        to("evidence_add", model),
        files_of(photo("a.jpg"), photo("b.pdf", sample_files.PDF), kind="document", caption="Mở"),
    )

    assertRedirects(response, model.get_absolute_url(), fetch_redirect_response=False)
    stored = model.evidence.values_list("original_name", "kind", "caption", "added_by")
    assert list(stored) == [
        ("a.jpg", "document", "Mở", person.pk),
        ("b.pdf", "document", "Mở", person.pk),
    ]
    page = client.get(model.get_absolute_url())
    assertContains(page, "a.jpg")
    assert "a.jpg, b.pdf" in told(page)[0]


def test_a_caption_is_stored_composed_and_without_spare_spaces(client, person, model):
    client.post(to("evidence_add", model), files_of(photo(), caption="  Ðường   hoa\u0301 "))

    assert model.evidence.get().caption == "Đường hoá"


def test_good_files_are_kept_beside_a_bad_one_and_the_page_can_be_sent_again(client, person, model):
    sent = files_of(photo("tot.jpg"), photo("rong.jpg", b""), kind="scan", caption="Biên bản")

    page = client.post(to("evidence_add", model), sent)

    assert errors(page) == {"files"}
    message = " ".join(page.context["form"].errors["files"])
    assert "rong.jpg" in message
    assert "tot.jpg" not in message
    assert "tot.jpg" in told(page)[0]
    assertContains(page, 'value="Biên bản"')
    assertContains(page, 'href="#id_files"')
    kept = model.evidence.get()
    assert (kept.original_name, kept.kind, kept.caption) == ("tot.jpg", "scan", "Biên bản")
    again = page.context["form"]["token"].value()
    assert again != sent["token"]
    client.post(to("evidence_add", model), sent | {"token": again, "files": [photo("bu.jpg")]})
    assert list(model.evidence.values_list("original_name", flat=True)) == ["tot.jpg", "bu.jpg"]


def test_files_lost_with_a_wrong_answer_are_named(client, person, model):
    before = on_disk()

    page = client.post(to("evidence_add", model), files_of(photo("tot.jpg"), caption="ă" * 201))

    assert errors(page) == {"caption", "files"}
    assert "tot.jpg" in page.context["form"].errors["files"][0]
    assert not model.evidence.exists()
    assert on_disk() == before


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"files": []}, {"files"}),
        ({"kind": "video"}, {"kind", "files"}),
        ({"kind": "a\0"}, {"kind", "files"}),
        ({"caption": "a\0b"}, {"caption", "files"}),
        ({"token": ""}, {"token", "files"}),
        ({"token": "a\0"}, {"token", "files"}),
        ({"token": "9" * 400}, {"token", "files"}),
    ],
)
def test_a_wrong_answer_stores_nothing_and_says_where(client, person, model, answers, wrong):
    before = rows(), on_disk()

    page = client.post(to("evidence_add", model), files_of(photo()) | answers)

    assert errors(page) == wrong
    assert (rows(), on_disk()) == before


def test_more_files_than_a_page_takes_are_refused_with_the_limit(client, person, model):
    page = client.post(to("evidence_add", model), files_of(*[photo() for _ in range(21)]))

    assert "20" in page.context["form"].errors["files"][0]
    assert not model.evidence.exists()


def test_a_unit_without_room_is_told_how_much_it_has_left(client, person, model, settings):
    client.post(to("evidence_add", model), files_of(photo()))
    stored = Evidence.objects.get()
    before = on_disk()
    settings.UNIT_MEGABYTES = (stored.size * 1.5) / MEGABYTE

    page = client.post(to("evidence_add", model), files_of(photo("hai.jpg")))

    assert "files" in errors(page)
    assertContains(page, settings.CLERK_NAME)
    assert (Evidence.objects.get(), on_disk()) == (stored, before)

    stored.remove(by=person)
    page = client.post(to("evidence_add", model), files_of(photo("hai.jpg")))
    assert "files" in errors(page)  # what is taken away is kept, and counts


def test_a_running_model_too_brings_no_more_files_than_its_unit_has_room_for(
    client, person, model, settings
):
    settings.UNIT_MEGABYTES = 0
    sent = {"token": uuid4(), "version": model.version, "photos": [photo()]}
    sent |= {"contact_name": "Lê Thử", "contact_phone": "0905 123 456"}

    page = client.post(to("practicemodel_update", model), sent)

    assert errors(page) == {"photos"}
    assert not Evidence.objects.exists()


def test_files_are_refused_in_time_while_the_disk_is_nearly_full(client, person, model, settings):
    settings.FREE_MEGABYTES = 10**9
    before = on_disk()

    page = client.post(to("evidence_add", model), files_of(photo(), caption="Sân nhà"))

    assert "files" in errors(page)
    assertContains(page, "Sân nhà")
    assert not Evidence.objects.exists()
    assert on_disk() == before


def test_a_page_sent_twice_stores_once_and_leaves_no_file_behind(client, person, model):
    token, before = uuid4(), on_disk()

    first = client.post(to("evidence_add", model), files_of(photo()) | {"token": token})
    client.get(first.url)
    second = client.post(to("evidence_add", model), files_of(photo()) | {"token": token})

    assert second.url == first.url
    evidence = model.evidence.get()
    assert {path.name for path in on_disk() - before} == {Path(evidence.file.name).name}


def test_who_sends_another_file_with_a_used_page_is_not_told_that_it_was_kept(
    client, person, model
):
    token = uuid4()
    first = client.post(to("evidence_add", model), files_of(photo("a.jpg")) | {"token": token})
    client.get(first.url)

    page = client.post(
        to("evidence_add", model), files_of(photo("b.jpg")) | {"token": token}, follow=True
    )

    assert model.evidence.count() == 1
    assert len(told(page)) == 1
    assert "b.jpg" not in told(page)[0]


def test_a_page_somebody_else_has_sent_is_refused(client, person, model, cell):
    token = uuid4()
    client.post(to("note_add", model), {"token": token, "text": "Xin xem."})
    colleague = factories.UnitUserFactory(organisation=cell)
    before = rows(), on_disk()

    response = as_(colleague).post(to("evidence_add", model), files_of(photo()) | {"token": token})

    assertContains(response, model.get_absolute_url(), status_code=CONFLICT)
    assert (rows(), on_disk()) == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_model_that_has_ended_takes_no_files(client, person, cell, method):
    model = factories.closed(organisation=cell)

    response = getattr(client, method)(to("evidence_add", model), files_of(photo()))

    assertContains(response, model.get_absolute_url(), status_code=CONFLICT)
    assert not model.evidence.exists()


def test_files_are_added_by_the_unit_those_above_it_and_the_office(model, ward, clerk):
    answers = {
        person: as_(person).post(to("evidence_add", model), files_of(photo())).status_code
        for person in (
            factories.UnitUserFactory(organisation=ward),
            clerk,
            factories.UnitUserFactory(),
            factories.PanelUserFactory(),
            factories.AdminFactory(),
        )
    }

    assert list(answers.values()) == [FOUND, FOUND, FORBIDDEN, FORBIDDEN, FORBIDDEN]


# --- Who gets a file ------------------------------------------------------------------------------


def statuses(evidence, *people):
    responses = [as_(user).get(evidence.get_absolute_url()) for user in people]
    for response in responses:
        response.getvalue()  # which closes the file
    return [response.status_code for response in responses]


def test_a_file_of_a_draft_is_for_its_unit_the_ward_above_and_the_office(person, cell, ward, clerk):
    evidence = factories.EvidenceFactory(model=factories.PracticeModelFactory(organisation=cell))
    above = factories.UnitUserFactory(organisation=ward)
    strangers = factories.UnitUserFactory(), factories.PanelUserFactory(), None

    assert statuses(evidence, person, above, clerk) == [OK, OK, OK]
    assert statuses(evidence, *strangers) == [GONE, GONE, GONE]


def test_a_scan_stays_inside_even_of_a_model_everybody_reads(model, person, clerk, settings):
    settings.PUBLIC_CATALOGUE = True
    type(model).objects.filter(pk=model.pk).update(public=True)
    scan = factories.EvidenceFactory(model=model, kind=Evidence.Kind.SCAN)
    picture = factories.EvidenceFactory(model=model)
    stranger = factories.UnitUserFactory()

    assert statuses(picture, None, stranger, person, clerk) == [OK, OK, OK, OK]
    assert statuses(scan, None, stranger, person, clerk) == [GONE, GONE, OK, OK]


def test_a_visitor_gets_files_of_public_models_only_where_the_catalogue_is_open(model, settings):
    settings.PUBLIC_CATALOGUE = True
    evidence = factories.EvidenceFactory(model=model)
    assert statuses(evidence, None, factories.UserFactory()) == [GONE, OK]

    type(model).objects.filter(pk=model.pk).update(public=True)
    assert statuses(evidence, None) == [OK]

    settings.PUBLIC_CATALOGUE = False
    assert statuses(evidence, None) == [GONE]


def test_a_picture_is_shown_and_a_document_saved_and_neither_runs_anything(client, person, model):
    picture = factories.EvidenceFactory(model=model)
    document = Evidence.store(
        check_upload(photo("Báo cáo.pdf", sample_files.PDF)),
        by=person,
        model=model,
        kind=Evidence.Kind.DOCUMENT,
    )

    shown, saved = (client.get(one.get_absolute_url()) for one in (picture, document))

    assert (shown.getvalue(), saved.getvalue()) == (factories.a_jpeg(), sample_files.PDF)
    assert shown["Content-Type"] == "image/jpeg"
    assert saved["Content-Type"] == "application/pdf"
    assert not shown["Content-Disposition"].startswith("attachment")
    assert saved["Content-Disposition"].startswith("attachment")
    assert "B%C3%A1o%20c%C3%A1o.pdf" in saved["Content-Disposition"]
    for response in (shown, saved):
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response["Cache-Control"] == "private, no-store"


def test_a_file_taken_away_is_served_no_more_but_kept_on_record(client, person, model):
    evidence = factories.EvidenceFactory(model=model)
    path = Path(evidence.file.path)

    response = client.post(to("evidence_remove", evidence))

    assertRedirects(response, model.get_absolute_url(), fetch_redirect_response=False)
    evidence.refresh_from_db()
    assert evidence.removed_at is not None
    assert evidence.history.first().history_user == person
    assert path.exists()
    assert client.get(evidence.get_absolute_url()).status_code == GONE
    assert client.post(to("evidence_remove", evidence)).status_code == GONE
    assertNotContains(client.get(model.get_absolute_url()), evidence.original_name)


def test_only_who_writes_the_model_takes_a_file_away_and_not_once_it_has_ended(model, person, cell):
    evidence = factories.EvidenceFactory(model=model)
    closed = factories.EvidenceFactory(model=factories.closed(organisation=cell))

    assert as_(factories.UnitUserFactory()).post(to("evidence_remove", evidence)).status_code == 403
    assert as_(person).get(to("evidence_remove", evidence)).status_code == WRONG_METHOD
    assert as_(person).post(to("evidence_remove", closed)).status_code == CONFLICT
    assert Evidence.objects.present().count() == 2


def test_a_file_lost_from_the_disk_is_not_found_and_is_in_the_log(client, person, model, caplog):
    evidence = factories.EvidenceFactory(model=model)
    Path(evidence.file.path).unlink()

    with caplog.at_level(logging.ERROR, "registry"):
        response = client.get(evidence.get_absolute_url())

    assert response.status_code == GONE
    assert str(evidence.pk) in caplog.text


@pytest.mark.parametrize("key", ["0", "999999", "9" * 30])
def test_a_file_nobody_knows_is_not_found(client, person, key):
    assert client.get(f"/evidence/{key}/").status_code == GONE


# --- In small -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("anh.jpg", factories.a_jpeg(2000, 1500)),
        ("anh.png", sample_files.picture("PNG", (900, 700))),
    ],
)
def test_a_picture_is_sent_in_small_to_whoever_may_have_it(client, person, model, name, content):
    client.post(to("evidence_add", model), files_of(photo(name, content)))
    evidence = Evidence.objects.get()

    answer = client.get(evidence.small_address)

    small = Image.open(BytesIO(answer.getvalue()))
    assert (small.format, max(small.size) <= 320) == ("WEBP", True)
    assert "no-store" in answer["Cache-Control"]
    stranger = Client()
    stranger.force_login(factories.UnitUserFactory())
    draft = factories.PracticeModelFactory(organisation=model.organisation)
    Evidence.objects.filter(pk=evidence.pk).update(model=draft)
    assert stranger.get(evidence.small_address).status_code == GONE


def opened():
    return [
        (event.user, event.about)
        for event in SecurityEvent.objects.filter(kind=SecurityEvent.Kind.FILE_OPENED)
    ]


def test_who_opens_a_file_of_another_unit_is_on_record(client, person, model, clerk):
    evidence = Evidence.store(check_upload(photo()), by=person, model=model)
    client.get(evidence.get_absolute_url()).getvalue()
    assert opened() == []  # one's own

    client.force_login(clerk)
    client.get(evidence.small_address).getvalue()
    assert opened() == []
    client.get(evidence.get_absolute_url()).getvalue()
    assert opened() == [(clerk, f"Evidence {evidence.pk}: anh.jpg")]


def test_a_scan_is_not_read_in_small_without_its_being_on_record(client, person, model, clerk):
    scan = Evidence.store(check_upload(photo()), by=person, model=model, kind=Evidence.Kind.SCAN)
    client.force_login(clerk)

    assertNotContains(client.get(model.get_absolute_url()), scan.small_address)
    client.get(scan.small_address).getvalue()

    assert opened() == [(clerk, f"Evidence {scan.pk}: anh.jpg")]


def test_who_opens_what_is_open_to_everybody_is_not_on_record(client, model, settings, clerk):
    settings.PUBLIC_CATALOGUE = True
    type(model).objects.filter(pk=model.pk).update(public=True)
    evidence = factories.EvidenceFactory(model=model)
    client.force_login(clerk)
    client.get(evidence.get_absolute_url()).getvalue()
    assert opened() == []


def test_a_document_has_no_small_form_and_is_sent_as_it_is(client, person, model):
    document = SimpleUploadedFile("a.pdf", sample_files.PDF)
    client.post(to("evidence_add", model), files_of(document, kind="document"))

    answer = client.get(Evidence.objects.get().small_address)

    assert answer.getvalue() == sample_files.PDF
