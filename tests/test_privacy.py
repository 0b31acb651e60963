"""What belongs to others: nobody finds, reads or changes it, in whatever way they ask."""

import re

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from registry import appendonly
from registry.models import Role
from tests.permissions_table import ROLES
from tests.permissions_world import SECRET, body, clients_of

pytestmark = pytest.mark.django_db

EVERYBODY = (*ROLES, "inactive")


@pytest.fixture(autouse=True)
def open_catalogue(settings):
    settings.PUBLIC_CATALOGUE = True


# --- What is taken away ---------------------------------------------------------------------------


def test_who_no_longer_acts_for_a_unit_loses_its_drafts_at_the_next_request(client, world):
    person = world.people["unit"]
    client.force_login(person)
    page = reverse("registry:practicemodel_update", args=[world.draft.pk])
    assert client.get(page).status_code == 200

    yesterday = timezone.localdate() - timezone.timedelta(days=1)
    person.memberships.current().end(on=yesterday, by=world.people["admin"])

    assert client.get(page).status_code == 404


@pytest.mark.parametrize(
    ("role", "group", "name", "key"),
    [
        ("clerk", Role.CLERK, "registry:practicemodel_detail", "draft"),
        ("clerk", Role.CLERK, "reviews:seminar_update", "planned"),
        ("admin", Role.ADMIN, "registry:practicemodel_detail", "draft"),
        ("panel", Role.PANEL, "reviews:desk", "open"),
        ("panel", Role.PANEL, "reviews:assessment_detail", "own_ballot"),
        ("panel", Role.PANEL, "reviews:assessment_detail", "others_handed_in"),
        ("panel", Role.PANEL, "registry:practicemodel_detail", "on_agenda"),
    ],
)
def test_who_leaves_a_group_loses_its_rights_at_the_next_request(
    client, world, role, group, name, key
):
    person = world.people[role]
    client.force_login(person)
    page = reverse(name, args=[getattr(world, key).pk])
    assert client.get(page).status_code == 200

    person.groups.remove(Group.objects.get(name=group))

    assert client.get(page).status_code == 404


# --- What belongs to others -----------------------------------------------------------------------


def listed(client, query=""):
    page = client.get(reverse("registry:practicemodel_list") + query)
    shown = {int(row["address"].strip("/").split("/")[-1]) for row in page.context["rows"]}
    return page, shown


UNSENT = ("draft", "unfinished", "office_draft", "submitted", "on_agenda", "returned", "refused")


@pytest.mark.parametrize("role", ["anonymous", "stranger", "panel"])
def test_no_list_search_or_filter_finds_what_is_not_in_the_register(world, role):
    client = clients_of(world.people)[role]
    hidden = {getattr(world, name).pk for name in UNSENT}
    if role == "panel":
        hidden.remove(world.on_agenda.pk)
    queries = ["", "?q=nháp", f"?q={SECRET}", f"?organisation={world.cell.pk}", "?year=2026"]
    queries += [f"?q={world.submitted.code}", "?level=grassroots", f"?field={world.draft.field_id}"]
    queries += [f"?status={status}" for status in ("draft", "submitted", "returned", "closed")]
    for query in queries:
        page, shown = listed(client, query)
        assert not shown & hidden, f"{query} shows {role} what is not theirs"
        assert page.context["page_obj"].paginator.count == len(shown)
        counted = {
            number
            for choice in page.context["choices"]
            for value, label, _is_on in choice.options
            if choice.name == "status" and value in {"draft", "returned"}
            for number in re.findall(r"\((\d+)\)", str(label))
        }
        assert counted <= {"0"}, f"{query} counts others' drafts for {role}"
    for name, keys in [
        ("home", []),
        ("registry:organisation_list", []),
        ("registry:organisation_detail", [world.cell.pk]),
        ("reviews:seminar_list", []),
        ("reviews:decision_list", []),
    ]:
        content = client.get(reverse(name, args=keys)).content.decode()
        for model in UNSENT:
            if getattr(world, model).pk in hidden:
                assert getattr(world, model).name not in content, f"{name} names {model} to {role}"


def test_a_unit_finds_no_seminar_or_paper_of_others(world):
    client = clients_of(world.people)["unit"]
    seminars = client.get(reverse("reviews:seminar_list")).content.decode()
    assert world.open.title in seminars
    assert world.of_others.title not in seminars
    papers = client.get(reverse("reviews:decision_list")).content.decode()
    assert world.issued.subject in papers
    assert world.paper.subject not in papers


def test_nobody_outside_reads_contacts_notes_moves_or_ballots(world):
    clients = clients_of(world.people)
    world.public.contact_name, world.public.contact_phone = "Người Liên Hệ", "0911222333"
    world.public.save()
    clerk = world.people["clerk"]
    for audience in ("unit", "office"):
        world.public.notes.model.objects.write(
            world.public, f"Ghi chú {audience}", by=clerk, audience=audience
        )
    page = reverse("registry:practicemodel_detail", args=[world.public.pk])
    inside = {"Người Liên Hệ", "0911222333", "Ghi chú unit"}
    for role in ROLES:
        content = clients[role].get(page).content.decode()
        seen = {text for text in [*inside, "Ghi chú office"] if text in content}
        wanted = set()
        if role in {"unit", "ward", "clerk", "admin"}:
            wanted = inside
        if role in {"clerk", "admin"}:
            wanted = {*inside, "Ghi chú office"}
        assert seen == wanted, role


def test_a_form_gives_nobody_what_is_not_theirs_to_give(world):
    """Others' keys, and columns that no form has, are not taken over from what is sent."""
    clients = clients_of(world.people)
    stranger = clients["stranger"]
    taken = {"organisation": world.cell.pk, "status": "running", "public": "on", "code": "X-1"}
    taken |= {"verdict": "replicate", "accepted_by": 1, "is_pilot": "on", "created_by": 1}
    sent = body(world, "registry:practicemodel_create", "", "stranger") | taken
    stranger.post(reverse("registry:practicemodel_create"), sent)
    mine = world.other_cell.models.get(name="Mô hình mới")
    assert (mine.status, mine.code, mine.verdict) == ("draft", None, "")
    assert (mine.public, mine.is_pilot, mine.accepted_by) == (False, False, None)

    sent = body(world, "registry:practicemodel_update", "draft", "unit")
    sent |= {**taken, "organisation": world.other_cell.pk}
    clients["unit"].post(reverse("registry:practicemodel_update", args=[world.draft.pk]), sent)
    world.draft.refresh_from_db()
    assert (world.draft.organisation, world.draft.status) == (world.cell, "draft")
    assert (world.draft.public, world.draft.is_pilot) == (False, False)

    sent = body(world, "registry:replication_add", "public", "stranger")
    address = reverse("registry:replication_add", args=[world.public.pk])
    assert stranger.post(address, sent | {"organisation": world.cell.pk}).status_code == 200
    assert not world.public.replications.exists()

    address = reverse("registry:note_add", args=[world.draft.pk])
    sent = body(world, "registry:note_add", "draft", "unit") | {"audience": "office"}
    clients["unit"].post(address, sent)
    assert world.draft.notes.get().audience == "unit"


def test_a_member_takes_only_themselves_out_of_an_item(world):
    client = clients_of(world.people)["panel"]
    address = reverse("reviews:agendaitem_recuse", args=[world.item.pk])
    for member in (world.colleague, world.planned_member):
        client.post(address, {"member": member.pk, "reason": "Thử"})
    assert [recusal.member for recusal in world.item.recusals.all()] == [world.member]


def test_rows_of_another_seminar_are_not_changed_through_this_one(world):
    client = clients_of(world.people)["clerk"]
    sent = {
        "members-TOTAL_FORMS": 1,
        "members-INITIAL_FORMS": 1,
        "members-0-id": world.colleague.pk,
        "members-0-name": "Người khác",
        "members-0-position": 1,
    }
    client.post(reverse("reviews:panel_update", args=[world.planned.pk]), sent)
    name = world.colleague.name
    world.colleague.refresh_from_db()
    assert (world.colleague.name, world.colleague.seminar) == (name, world.open)


def test_only_the_office_and_those_it_concerns_read_why_a_model_ends(world):
    """Others read the paper's verdict and its reason, not the category the office chose."""
    line = world.closed.decision_lines.get()
    line.decision.publish(by=world.people["clerk"])
    clients = clients_of(world.people)
    page = reverse("reviews:decision_detail", args=[line.decision_id])
    for role in ("stranger", "unit", "ward", "panel", "clerk", "admin"):
        shows = line.get_retire_reason_display() in clients[role].get(page).content.decode()
        assert shows == (role != "stranger"), role


def test_a_paper_names_no_seminar_or_paper_that_the_reader_does_not_see(world):
    paper = world.published
    paper.seminar, paper.corrects = world.open, world.issued
    with appendonly.suspended():
        paper.save()
    clients = clients_of(world.people)
    page = reverse("reviews:decision_detail", args=[paper.pk])
    for role in ("stranger", "unit", "clerk"):
        content = clients[role].get(page).content.decode()
        for record, title in ((world.open, world.open.title), (world.issued, world.issued.subject)):
            shows = title in content or f'"{record.get_absolute_url()}"' in content
            assert shows == (role != "stranger"), f"{record} to {role}"


def test_opening_a_draft_from_outside_is_on_record_wherever_it_is_read(world):
    client = clients_of(world.people)["clerk"]
    for name in ("practicemodel_detail", "practicemodel_update", "practicemodel_history"):
        before = world.draft.openings.count()
        client.get(reverse(f"registry:{name}", args=[world.draft.pk]))
        assert world.draft.openings.count() == before + 1, name


def test_a_registration_that_was_withdrawn_is_its_units_again(world):
    client = clients_of(world.people)["panel"]
    page = reverse("registry:practicemodel_detail", args=[world.on_agenda.pk])
    assert client.get(page).status_code == 200

    world.on_agenda.withdraw(by=world.people["unit"])

    assert client.get(page).status_code == 404


def test_a_ballot_is_its_members_alone_until_it_is_handed_in(world):
    draft = world.own_ballot
    draft.verdict, draft.remark = "strengthen", "Lời Chưa Nộp"
    draft.write(by=world.people["panel"], version=draft.version)
    clients = clients_of(world.people)
    pages = [
        (reverse("reviews:agendaitem_detail", args=[world.item.pk]), EVERYBODY),
        (reverse("reviews:seminar_detail", args=[world.open.pk]), EVERYBODY),
        (reverse("reviews:assessment_detail", args=[draft.pk]), set(EVERYBODY) - {"panel"}),
        (reverse("reviews:assessment_paper", args=[draft.pk]), EVERYBODY),
    ]
    for page, roles in pages:
        for role in roles:
            content = clients[role].get(page).content.decode()
            assert "Lời Chưa Nộp" not in content, f"{page} tells {role}"
