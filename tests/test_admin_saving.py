"""What is saved in the administration: on record, held to every rule, never around the moves."""

from datetime import date
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from lxml import html

from registry.models import (
    Award,
    Enrolment,
    Field,
    Indicator,
    Membership,
    Movement,
    Opening,
    Organisation,
    PartyCell,
    PracticeModel,
    Replication,
    User,
    Verdict,
)
from reviews.models import Assessment, Decision, DecisionLine, Round, Seminar, StockRemark
from tests import factories
from tests.counting import rows
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def registrar(client):
    user = factories.AdminFactory()
    client.force_login(user)
    return user


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def shown(client, url):
    """Return what a browser would send from the page, were its button pressed."""
    context = client.get(url).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    sent = {}
    for bound in (bound for form in forms for bound in form):
        value = bound.value()
        if isinstance(value, list):
            value = [getattr(each, "pk", each) for each in value]
        if value is not None and value is not False:
            sent[bound.html_name] = value
    return sent


def change(client, record, **fields):
    url = address(type(record), "change", record.pk)
    return client.post(url, shown(client, url) | fields)


def errors_of(response):
    """Return {field: first message} of the page that came back."""
    assert response.status_code == 200
    found = dict(response.context["adminform"].form.errors)
    for inline in response.context["inline_admin_formsets"]:
        for row in inline.formset.errors:
            found |= row
        found |= (
            {"rows": inline.formset.non_form_errors()} if inline.formset.non_form_errors() else {}
        )
    return {name: messages[0] for name, messages in found.items()}


def stored(record):
    """Return every column, and nothing that the instance in hand believes."""
    return type(record)._base_manager.filter(pk=record.pk).values().get()


# --- On record ----------------------------------------------------------------------------------


def test_a_save_says_who_when_why_and_from_where(client, registrar):
    cell = factories.CellFactory()

    change(client, cell, phone="0235 000 000", why="Theo  công văn số 1")

    entry = cell.history.first()
    assert entry.phone == "0235 000 000"
    assert entry.history_user == registrar
    assert entry.history_change_reason == "Theo  công văn số 1"
    assert entry.address == "127.0.0.1"
    assert entry.request_id


def test_a_paper_written_here_says_why(client, registrar):
    paper = factories.DecisionFactory()

    change(client, paper, subject="Thông báo kết luận", why="Theo bản đã ký")

    entry = paper.history.first()
    assert entry.subject == "Thông báo kết luận"
    assert (entry.history_user, entry.history_change_reason) == (registrar, "Theo bản đã ký")


def test_rows_saved_below_a_record_have_an_author_too(client, registrar):
    person, cell = factories.UserFactory(), factories.CellFactory()
    row = {"organisation": cell.pk, "since": "01/02/2024"}
    extra = {f"memberships-0-{name}": value for name, value in row.items()}

    response = change(client, person, **extra, **{"memberships-TOTAL_FORMS": 1, "why": "Phân công"})

    assert response.status_code == 302
    entry = person.memberships.get().history.get()
    assert (entry.history_user, entry.history_change_reason) == (registrar, "Phân công")


def test_text_is_kept_as_the_register_keeps_it(client, registrar):
    url = address(Field, "add")
    client.post(url, shown(client, url) | {"name": " Ðất  đai ho\u0300a ", "position": 1})

    assert Field.objects.filter(name="Đất đai hòa").exists()


def test_the_history_page_tells_a_change_of_state_in_words(client, registrar):
    model = factories.running()

    page = client.get(address(PracticeModel, "history", model.pk)).content.decode()

    status = PracticeModel.Status
    assert f"{status.SUBMITTED.label} → {status.RUNNING.label}" in page


def test_an_old_version_is_looked_at_and_never_put_back(client, registrar):
    model = factories.running()
    url = address(PracticeModel, "simple_history", model.pk, model.history.last().pk)
    before = rows(), stored(model)

    assert str(PracticeModel.Status.DRAFT.label) in client.get(url).content.decode()
    assert client.post(url, {"name": "Như cũ", "why": "x"}).status_code == 405
    assert (rows(), stored(model)) == before


def test_a_draft_opened_here_is_on_record_and_stays_its_units(client, registrar):
    model = factories.PracticeModelFactory()

    client.get(address(PracticeModel, "change", model.pk))

    assert Opening.objects.get().by == registrar
    url = address(PracticeModel, "change", model.pk)
    assert client.post(url, {"name": "Khác", "why": "x", "opened_version": 1}).status_code == 403


# --- Around the moves ---------------------------------------------------------------------------

FORGED = {
    "status": "closed", "code": "MH-1999-0001", "verdict": "retire", "verdict_on": "01/01/2020",
    "closing_kind": "completed", "origin": "old_register", "submitted_at_0": "01/01/2020",
    "accepted_at_0": "01/01/2020", "accepted_by": "1", "state": "closed", "issued_at_0":
    "01/01/2020", "recorded_by": "1", "published_at_0": "01/01/2020", "handed_in_at_0":
    "01/01/2020", "remark": "giả", "reason": "giả", "text": "giả", "is_superuser": "on",
    "password": "giả", "user_permissions": ["1"], "closed_at_0": "01/01/2020", "frozen_at_0":
    "01/01/2020", "year": "1999", "sent_at_0": "01/01/2020", "opened_at_0": "01/01/2020",
    "is_sample": "on", "search_key": "giả", "original_name": "giả.exe", "successor": "1",
    "valid_until": "01/01/2020",
    "from_status": "closed", "to_status": "draft", "why": "thử", "points": "9",
}  # fmt: skip


def forgeries():
    """Pairs of a record and the columns a registrar may write on its page."""
    seminar = factories.opened()
    item = seminar.items.get()
    model = factories.running()
    replication = factories.ReplicationFactory(model=model)
    return [
        (model, {"reason"}),
        (model.enrolments.get(), set()),
        (model.moves.first(), set()),
        (factories.NoteFactory(model=model), set()),
        (factories.EvidenceFactory(model=model), set()),
        (replication, {"remark", "state"}),
        (seminar, set()),
        (item, set()),
        (item.ballots.get(), set()),
        (factories.issued(None, item.model), set()),
        (DecisionLine.objects.get(), set()),
        (factories.DecisionFactory(), set()),
        (factories.RoundFactory(), {"year"}),
        (factories.CellFactory(), set()),
        (factories.UserFactory(), set()),
    ]


def test_a_forged_form_changes_nothing_the_moves_keep(client, registrar):
    for record, open_ones in forgeries():
        before = stored(record)
        url = address(type(record), "change", record.pk)
        fields = shown(client, url) | {k: v for k, v in FORGED.items() if k not in open_ones}

        response = client.post(url, fields)

        after = stored(record)
        changed = {name for name in before if before[name] != after[name]}
        assert response.status_code in {302, 403}, (record, response.status_code)
        assert changed <= {"updated_at", "version"}, (type(record).__name__, changed)


def test_a_ballot_is_written_by_nobody_here_handed_in_or_not(client, registrar):
    ballot = factories.opened().items.get().ballots.get()

    for _turn in range(2):
        url = address(Assessment, "change", ballot.pk)
        assert client.post(url, {"verdict": "replicate", "remark": "x"}).status_code == 403
        assert client.post(address(Assessment, "add"), {"verdict": "retire"}).status_code == 403
        ballot.refresh_from_db()
        ballot.verdict = Verdict.MAINTAIN
        ballot.hand_in(by=ballot.member.user, version=ballot.version) if _turn == 0 else None
    assert stored(ballot)["verdict"] == Verdict.MAINTAIN


def test_an_issued_paper_takes_no_line(client, registrar):
    paper = factories.issued(None, factories.running())
    line = {"lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 0, "lines-0-verdict": "maintain"}
    line["lines-0-model"] = factories.running().pk

    assert client.post(address(Decision, "change", paper.pk), line).status_code == 403
    assert paper.lines.count() == 1


def test_a_draft_of_a_paper_is_written_with_its_lines(client, registrar):
    paper, model, unit = factories.DecisionFactory(), factories.running(), factories.CellFactory()
    line = {"model": model.pk, "verdict": "replicate", "reason": "Hiệu quả", "take_up": [unit.pk]}
    fields = {f"lines-0-{name}": value for name, value in line.items()}

    change(client, paper, subject="Tên mới", **{"lines-TOTAL_FORMS": 1}, **fields)

    paper.refresh_from_db()
    assert (paper.subject, paper.version, paper.is_issued) == ("Tên mới", 3, False)
    (row,) = paper.lines.all()
    assert (row.position, row.verdict, list(row.take_up.all())) == (1, "replicate", [unit])
    assert row.history.first().history_user == registrar


def test_the_second_to_save_a_model_or_paper_is_told(client, registrar):
    for record in (factories.running(), factories.DecisionFactory()):
        url = address(type(record), "change", record.pk)
        opened = shown(client, url) | {"why": "Sửa"}
        assert client.post(url, opened).status_code == 302
        assert "__all__" in errors_of(client.post(url, opened))
        assert "__all__" in errors_of(client.post(url, opened | {"opened_version": ""}))


def test_of_two_open_pages_of_any_record_the_second_to_save_is_told(client, registrar):
    """Also of a record that another page of the site writes, and of the rows below it."""
    membership, seminar = factories.MembershipFactory(), factories.SeminarFactory()
    criterion = factories.CriterionFactory(seminar=seminar)
    outcome = factories.OutcomeFactory()
    for record, written in (
        (membership.organisation, membership.organisation),
        (membership.organisation, membership),
        (membership.user, membership.user),
        (membership.user, membership),
        (membership, membership),
        (factories.AwardFactory(), None),
        (factories.ReplicationFactory(), None),
        (factories.FieldFactory(), None),
        (factories.RoundFactory(), None),
        (seminar, criterion),
        (outcome.enrolment, outcome),
        (outcome, outcome),
    ):
        url = address(type(record), "change", record.pk)
        opened = shown(client, url)
        type(written or record).objects.get(pk=(written or record).pk).save_by(registrar)
        before = rows()

        assert "__all__" in errors_of(client.post(url, opened)), record
        assert rows() == before
        assert client.post(url, shown(client, url)).status_code == 302


def addable():
    return [
        (Organisation, {"name": "Chi bộ mới", "kind": "front", "position": 1}),
        (PartyCell, {"name": "Chi bộ mới", "kind": "residential_cell", "position": 1}),
        (User, {
            "username": "moi", "full_name": "Người mới", "password1": PASSWORD,
            "password2": PASSWORD,
        }),
        (Membership, {
            "user": factories.UserFactory().pk, "organisation": factories.CellFactory().pk,
            "since": "01/01/2024", "until": "02/01/2024",
        }),
        (Award, {"model": factories.running().pk, "title": "Giấy khen"}),
        (Replication, {
            "model": factories.running().pk, "organisation": factories.CellFactory().pk,
            "state": "not_yet",
        }),
        (Field, {"name": "Mới", "position": 1}),
        (Movement, {"name": "Mới", "position": 1}),
        (Indicator, {"name": "Mới", "unit": "m", "position": 1}),
        (StockRemark, {"name": "Mới", "verdict": "maintain", "position": 1}),
        (Seminar, {"kind": "seminar", "title": "Tọa đàm", "held_on": "05/06/2026"}),
        (Decision, {"kind": "TB", "subject": "Kết luận"}),
        (Round, {
            "kind": "review", "name": "A", "year": 2024, "opens_on": "01/01/2024",
            "deadline": "02/01/2024",
        }),
    ]  # fmt: skip


def test_a_form_sent_twice_adds_one_record(client, registrar):
    tried = addable()
    may_add = {model for model, page in admin.site._registry.items() if page.may_add}
    assert may_add == {model for model, _said in tried}
    for model, said in tried:
        url = address(model, "add")
        sent = shown(client, url) | said
        before = model.objects.count()

        first, again = client.post(url, sent), client.post(url, sent)

        assert first.status_code == 302, (model, errors_of(first))
        assert model.objects.count() == before + 1
        # What can be there only once says so; all else leads to what is there.
        if again.status_code == 302:
            added = model.objects.latest("pk")
            assert again.url == address(model, "change", added.pk)
        assert "token" in errors_of(client.post(url, sent | {"token": ""}))


def test_what_is_saved_leaves_no_second_log_that_holds_names(client, registrar):
    change(client, factories.UserFactory(), full_name="Trần Thị Hiếm Gặp")
    client.post(address(Field, "add"), shown(client, address(Field, "add")) | {"name": "Mới"})

    assert not LogEntry.objects.exists()
    assert "recent-actions" not in client.get(reverse("admin:index")).content.decode()


def test_a_models_text_is_corrected_with_a_reason(client, registrar):
    model = factories.running()
    version = model.version

    assert "why" in errors_of(change(client, model, name="Tên mới"))
    assert "name" in errors_of(change(client, model, name="", why="Sửa"))
    assert change(client, model, name="Tên mới", why="Sửa").status_code == 302

    model.refresh_from_db()
    assert (model.name, model.version) == ("Tên mới", version + 1)


def test_panel_and_criteria_are_settled_once_the_seminar_is_open(client, registrar):
    seminar = factories.SeminarFactory()
    member = {"members-TOTAL_FORMS": 1, "members-0-name": "Lê Thử", "members-0-position": 1}
    criterion = {
        "criteria-TOTAL_FORMS": 1, "criteria-0-name": "Hiệu quả", "criteria-0-max_points": 10,
        "criteria-0-position": 1,
    }  # fmt: skip
    assert change(client, seminar, **member, **criterion).status_code == 302
    assert (seminar.members.count(), seminar.criteria.count()) == (1, 1)

    factories.opened(seminar)
    url = address(Seminar, "change", seminar.pk)
    more = {"members-TOTAL_FORMS": 2, "members-1-name": "Thêm", "members-1-position": 2}
    client.post(url, shown(client, url) | more)
    assert seminar.members.count() == 1


def test_what_is_closed_or_has_ended_is_no_longer_written(client, registrar):
    seminar, model = factories.opened(), factories.running()
    records = [seminar, seminar.items.get(), model]
    for record in records:
        assert change(client, record, why="Sửa").status_code == 302
    seminar.close(by=registrar)
    model.refresh_from_db()
    model.close_with_unit(by=registrar, reason="Giải thể.")
    before = [stored(record) for record in records]

    for record in records:
        late = {"title": "Muộn", "gist": "Muộn", "approach": "Muộn", "why": "Muộn"}
        url = address(type(record), "change", record.pk)
        assert client.get(url).status_code == 200
        assert client.post(url, late).status_code == 403
    assert [stored(record) for record in records] == before


def test_what_was_never_accepted_is_not_put_into_the_open_catalogue(client, registrar):
    model = factories.submitted()

    assert "public" in errors_of(change(client, model, public="on", why="Sửa"))

    model.refresh_from_db()
    assert not model.public


def test_a_frozen_year_keeps_its_figures(client, registrar):
    model = factories.running()
    enrolment = model.enrolments.get()
    outcome = factories.OutcomeFactory(enrolment=enrolment)
    assert change(client, outcome, achieved="15").status_code == 302

    enrolment.freeze(by=registrar)

    for record in (outcome, Enrolment.objects.get()):
        url = address(type(record), "change", record.pk)
        assert client.post(url, {"achieved": "99", "theme": "x"}).status_code == 403


@pytest.mark.parametrize(("model", "action"), [(Round, "close"), (User, "end_sessions")])
def test_an_action_on_what_is_no_key_is_one_on_nothing(client, registrar, model, action):
    ticked = ["abc", "٣", "9" * 30, ""]

    answer = client.post(
        address(model, "changelist"), {"action": action, "_selected_action": ticked}, follow=True
    )

    (message,) = answer.context["messages"]
    assert message.level_tag == "warning"


def test_an_action_is_done_to_what_is_ticked_beside_what_is_no_key(client, registrar):
    this, other = factories.RoundFactory(), factories.RoundFactory(name="Đợt khác")

    client.post(
        address(Round, "changelist"),
        {"action": "close", "confirmed": "yes", "_selected_action": ["abc", this.pk]},
    )

    this.refresh_from_db()
    other.refresh_from_db()
    assert (bool(this.closed_at), bool(other.closed_at)) == (True, False)


def test_a_round_is_closed_by_its_verb(client, registrar):
    this = factories.RoundFactory()
    chosen = {"action": "close", "_selected_action": [this.pk], "confirmed": "yes"}

    client.post(address(Round, "changelist"), chosen)
    this.refresh_from_db()
    closed_at = this.closed_at
    again = client.post(address(Round, "changelist"), chosen, follow=True)

    assert closed_at
    assert [message.level_tag for message in again.context["messages"]][-1] == "error"
    this.refresh_from_db()
    assert this.closed_at == closed_at
    assert client.post(address(Round, "change", this.pk), {"year": 1999}).status_code == 403


def test_what_closing_freezes_is_shown_before_a_round_is_closed(client, registrar):
    this, review = factories.RoundFactory(), factories.RoundFactory(kind=Round.Kind.REVIEW)
    accepted = [factories.running(), factories.running()]
    factories.running(enrolment__year=this.year - 1)
    factories.submitted()
    factories.refused()
    factories.PracticeModelFactory()

    chosen = {"action": "close", "_selected_action": [this.pk, review.pk]}
    asked = client.post(address(Round, "changelist"), chosen)

    numbers = {each.pk: of_it for each, of_it in asked.context["closing"]}
    assert numbers == {this.pk: {"frozen": 2, "waiting": 2, "sent": 1}, review.pk: None}
    assert not Round.objects.exclude(closed_at=None).exists()

    form = html.fromstring(asked.content).xpath("//div[@id='content-main']/form")[0]
    confirmed = urlencode(form.form_values())
    client.post(address(Round, "changelist"), confirmed, "application/x-www-form-urlencoded")

    assert not Round.objects.filter(closed_at=None).exists()
    assert Enrolment.objects.exclude(frozen_at=None).count() == len(accepted)


def test_the_year_of_a_closed_round_is_read_as_a_year(client, registrar):
    this = factories.RoundFactory()
    this.close(by=registrar)

    page = html.fromstring(client.get(address(Round, "change", this.pk)).content)

    (year,) = page.xpath("//div[contains(@class, 'field-the_year')]//div[@class='readonly']")
    assert year.text_content() == str(this.year)


# --- Rules --------------------------------------------------------------------------------------


def test_what_the_database_would_refuse_is_said_in_the_form(client, registrar):
    person, cell, model = factories.UserFactory(), factories.CellFactory(), factories.running()
    factories.MembershipFactory(user=person, organisation=cell)
    factories.ReplicationFactory(model=model, organisation=cell)
    of_model = {"model": model.pk, "organisation": cell.pk}
    other = {"model": model.pk, "organisation": factories.CellFactory().pk}
    acts = {"user": person.pk, "organisation": cell.pk, "since": "02/01/2024"}
    tried = [
        (Membership, acts, "__all__"),
        (Membership, acts | {"until": "01/01/2024"}, "__all__"),
        (Organisation, {
            "name": "A", "kind": "front", "position": 0, "valid_from": "02/01/2024",
            "valid_until": "01/01/2024",
        }, "__all__"),
        (Award, {"model": model.pk, "title": ""}, "title"),
        (Award, {"model": "abc", "title": "Giấy khen"}, "model"),
        (Award, {"model": model.pk, "title": "\0", "awarded_on": "32/13/2024"}, "awarded_on"),
        (Replication, {**of_model, "state": "not_yet"}, "organisation"),
        (Replication, {**other, "state": "unsuited"}, "remark"),
        (Replication, {**other, "state": "doing"}, "since"),
        (Replication, {**other, "state": "x"}, "state"),
        (Field, {"name": Field.objects.first().name, "position": 1}, "name"),
        (Round, {
            "kind": "review", "name": "A", "year": 2024, "opens_on": "02/01/2024",
            "deadline": "01/01/2024",
        }, "__all__"),
    ]  # fmt: skip
    before = rows()

    for model_class, fields, at in tried:
        url = address(model_class, "add")
        assert at in errors_of(client.post(url, shown(client, url) | fields)), fields
    assert rows() == before


def test_rules_on_fields_the_page_does_not_show_hold_as_well(client, registrar):
    model = factories.running(subject="individual", individual_name="Trần Thử")
    ended = factories.CellFactory(valid_until=date(2024, 1, 1), successor=factories.CellFactory())

    assert "individual_name" in errors_of(change(client, model, individual_name="", why="Sửa"))
    assert "__all__" in errors_of(change(client, ended, valid_from="02/01/2024"))


def test_an_organisation_ends_on_the_page_that_asks_for_reason_and_successor(client, registrar):
    cell = factories.CellFactory()
    end = address(Organisation, "end", cell.pk)

    change(client, cell, valid_until="01/01/2024", why="Sáp nhập")

    cell.refresh_from_db()
    assert cell.valid_until is None
    dates = html.fromstring(client.get(address(Organisation, "change", cell.pk)).content)
    assert dates.xpath("//fieldset//div[@class='description']/a/@href") == [end]


@pytest.mark.parametrize("name", ["kinh  tế", "KINH TẾ", "Kinh - tế"])
def test_an_entry_that_reads_as_another_is_refused_at_its_name(client, registrar, name):
    theirs = factories.FieldFactory(name="Kinh tế thử")
    url = address(Field, "add")

    page = client.post(url, shown(client, url) | {"name": f"{name} thử", "position": 1})

    assert list(errors_of(page)) == ["name"]
    assert change(client, theirs, name="Kinh  Tế thử", why="Viết hoa").status_code == 302


def test_of_two_entries_that_read_the_same_one_is_switched_off(client, registrar):
    factories.FieldFactory(name="Kinh tế thử")
    twice = factories.FieldFactory(name="kinh tế thử")
    url = address(Field, "change", twice.pk)
    sent = shown(client, url)
    del sent["is_active"]

    client.post(url, sent)

    twice.refresh_from_db()
    assert not twice.is_active


def test_a_loop_in_the_tree_is_refused(client, registrar):
    cell = factories.CellFactory()

    assert "parent" in errors_of(change(client, cell.parent, parent=cell.pk))
    assert "parent" in errors_of(change(client, cell, parent=cell.pk))


def test_two_open_memberships_in_one_form_are_refused(client, registrar):
    person, cell = factories.UserFactory(), factories.CellFactory()
    fields = {"memberships-TOTAL_FORMS": 2}
    for row in range(2):
        fields[f"memberships-{row}-organisation"] = cell.pk
        fields[f"memberships-{row}-since"] = "01/01/2024"

    assert "rows" in errors_of(change(client, person, **fields))
    assert not person.memberships.exists()


def test_what_only_the_database_notices_is_a_message(client, registrar):
    """Two rows alike but for how their letters are made up: one name, once they are stored."""
    seminar = factories.SeminarFactory()
    fields = {"criteria-TOTAL_FORMS": 2}
    for row, name in enumerate(["H\u00f2a nhã", "Ho\u0300a nhã"]):
        fields |= {f"criteria-{row}-name": name, f"criteria-{row}-position": row}
        fields[f"criteria-{row}-max_points"] = 10

    url = address(Seminar, "change", seminar.pk)
    response = client.post(url, shown(client, url) | fields, follow=True)

    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert not seminar.criteria.exists()
