"""The whole road, by clicking and typing: from a draft to a decided model, and on into next year.

Each person has an account of their own. The same walk with JavaScript and a mouse, and without
either: by the keyboard alone.
"""

import pytest
from django.urls import reverse

from registry.models import Field, PracticeModel, Verdict
from reviews.models import Decision, Seminar
from tests.browser.keyboard import Keyboard
from tests.factories import (
    PASSWORD,
    CellFactory,
    ClerkFactory,
    CommitteeFactory,
    FieldFactory,
    OrganisationFactory,
    PanelUserFactory,
    UnitUserFactory,
    a_jpeg,
    running,
    this_year,
)

pytestmark = pytest.mark.django_db(transaction=True)

PHOTO = {"name": "đường hoa.jpg", "mimeType": "image/jpeg", "buffer": a_jpeg(640, 480)}
NAME = "Con đường hoa tự quản của Nhân dân khối phố"


@pytest.fixture(
    params=["with script and mouse", pytest.param("with neither", marks=pytest.mark.look)]
)
def page(request, new_context):
    if request.param == "with script and mouse":
        return new_context().new_page()
    return Keyboard(new_context(java_script_enabled=False).new_page())


@pytest.fixture
def people(db):
    """Open the accounts, and two models that have run since last year."""
    committee = CommitteeFactory()
    ward, other = OrganisationFactory.create_batch(2, parent=committee)
    cell = CellFactory(parent=ward)
    last_year = {"organisation": other, "enrolment__year": this_year() - 1}
    return {
        "unit": UnitUserFactory(username="donvi", organisation=cell),
        "ward": UnitUserFactory(username="phuong", organisation=ward),
        "other": UnitUserFactory(username="phuongkhac", organisation=other),
        "clerk": ClerkFactory(username="tonghop"),
        "one": PanelUserFactory(username="thamdinh1"),
        "two": PanelUserFactory(username="thamdinh2"),
        "recused": PanelUserFactory(username="thamdinh3"),
        "cell": cell,
        "takes_up": other,
        "maintained": running(name="Tổ tự quản giữ gìn an ninh trật tự", **last_year),
        "retired": running(name="Nuôi heo đất gây quỹ", **last_year),
        "field": Field.objects.first() or FieldFactory(),
    }


def test_the_whole_road(page, people):
    model = register(page, people)
    complete_and_send_again(page, people, model)
    endorse_and_accept(page, people, model)
    seminar = plan_and_open(page, people, model)
    judge(page, people, seminar, model)
    propose(page, people, seminar, model)
    decide(page, people, seminar, model)
    look_at_the_catalogue(page, people, model)
    go_on_next_year(page, people)


# --- What people do ---------------------------------------------------------------------------


def register(page, people):
    sign_in(page, people["unit"])
    go(page, f"main a[href='{reverse('registry:practicemodel_create')}']")
    page.fill("[name=name]", NAME)
    press(page, "draft")
    model = PracticeModel.objects.get(name=NAME)
    assert page.locator(".app-band--unsent").is_visible()

    press(page, "check")
    assert model.code is None
    assert page.locator(".govuk-error-summary a[href='#id_reason']").count() == 1

    page.select_option("[name=field]", str(people["field"].pk))
    page.fill("[name=reason]", "Đường trong khối phố chưa có người chăm.")
    page.fill("[name=approach]", "Mỗi nhóm hộ nhận một đoạn đường.")
    page.fill("[name=place]", "Khối phố Thử nghiệm")
    page.fill("[name=beneficiaries]", "Các hộ trong khối phố")
    page.fill("[name=started]", "5/2026")
    page.fill("[name=expected_results]", "Mọi đoạn đường có hoa.")
    page.fill("[name=contact_name]", "Trần Thử")
    page.fill("[name=contact_phone]", "0905 123 456")
    page.set_input_files("[name=photos]", [PHOTO])
    press(page, "check")
    act(page, "registry:practicemodel_submit", model)
    model.refresh_from_db()
    assert model.code in page.inner_text("main")
    assert model.evidence.get().original_name == PHOTO["name"]
    return model


def complete_and_send_again(page, people, model):
    sign_in(page, people["clerk"])
    page.goto(model.get_absolute_url())
    go(page, f"main a[href='{address('registry:practicemodel_return', model)}']")
    page.fill("[name=reason]", "Xin nêu rõ số hộ tham gia.")
    page.fill("[name=due]", f"31/12/{this_year()}")
    go(page, "main form button")

    sign_in(page, people["unit"])
    page.goto(model.get_absolute_url())
    assert "Xin nêu rõ số hộ tham gia." in page.inner_text(".app-band--unsent")
    go(page, f"main a[href='{address('registry:practicemodel_update', model)}']")
    page.fill("[name=beneficiaries]", "42 hộ trong khối phố")
    press(page, "check")
    act(page, "registry:practicemodel_submit", model)
    assert status(model) == "submitted"


def endorse_and_accept(page, people, model):
    sign_in(page, people["ward"])
    page.goto(model.get_absolute_url())
    act(page, "registry:enrolment_endorse", model.enrolments.get())

    sign_in(page, people["clerk"])
    page.goto(model.get_absolute_url())
    act(page, "registry:practicemodel_accept", model)
    assert status(model) == "running"


def plan_and_open(page, people, model):
    page.goto(reverse("reviews:seminar_create"))
    page.fill("[name=title]", "Tọa đàm thử nghiệm")
    page.fill("[name=held_on]", f"1/6/{this_year()}")
    page.fill("[name=quorum]", "3")
    go(page, "main form button")
    seminar = Seminar.objects.get()

    seats = [
        ("Thành viên một", "", "thamdinh1"),
        ("Thành viên hai", "", "thamdinh2"),
        ("Thành viên của đơn vị", people["cell"].name, "thamdinh3"),
        ("Thành viên dùng phiếu giấy", "", ""),
    ]
    page.goto(address("reviews:panel_update", seminar))
    for row, (name, unit, account) in enumerate(seats):
        if not page.locator(f"[name=members-{row}-name]").count():
            go(page, "main form button")
            page.goto(address("reviews:panel_update", seminar))
        page.fill(f"[name=members-{row}-name]", name)
        page.fill(f"[name=members-{row}-organisation]", unit)
        page.fill(f"[name=members-{row}-user]", account)
    go(page, "main form button")
    assert seminar.members.count() == len(seats)

    page.goto(address("reviews:agenda_add", seminar))
    codes = [model.code, people["maintained"].code, people["retired"].code]
    page.fill("[name=codes]", "\n".join(codes))
    go(page, "main form button")
    act(page, "reviews:seminar_open", seminar)
    assert state(seminar) == "open"
    return seminar


def judge(page, people, seminar, model):
    for person in ("one", "two"):
        sign_in(page, people[person])
        page.goto(address("reviews:desk", seminar))
        go(page, "main .govuk-button")
        for verdict in (Verdict.REPLICATE, Verdict.MAINTAIN, Verdict.RETIRE):
            fill_ballot(page, verdict)
            go(page, "button[value=hand_in]")
        assert page.url.partition("#")[0].endswith(address("reviews:desk", seminar))

    sign_in(page, people["recused"])
    page.goto(address("reviews:desk", seminar))
    ballots = seminar.items.get(model=model).ballots
    assert not ballots.filter(member__user=people["recused"]).exists()
    assert page.locator("main ol li").count() == 2
    response = page.goto(ballots.filter(member__user=people["one"]).get().get_absolute_url())
    assert response.status == 404

    sign_in(page, people["clerk"])
    page.goto(seminar.items.get(model=model).get_absolute_url())
    on_paper = ballots.get(member__user=None)
    go(page, f"a[href='{address('reviews:assessment_paper', on_paper)}']")
    fill_ballot(page, Verdict.MAINTAIN)
    page.set_input_files("[name=files]", [PHOTO])
    go(page, "button[value=hand_in]")
    on_paper.refresh_from_db()
    assert (on_paper.source, on_paper.entered_by) == ("paper", people["clerk"])
    assert on_paper.scans.count() == 1


def propose(page, people, seminar, model):
    page.goto(address("reviews:conclusion_update", seminar.items.get(model=model)))
    assert page.locator(".govuk-warning-text").count() == 0
    page.check("[name=verdict][value=replicate]")
    page.fill("[name=rationale]", "Cách làm đơn giản, nhiều hộ tham gia.")
    page.fill("[name=take_up]", people["takes_up"].name)
    page.fill("[name=whose]", "Chủ trì tọa đàm")
    go(page, "main form button")

    page.goto(address("reviews:conclusion_update", seminar.items.get(model=people["retired"])))
    assert page.locator(".govuk-warning-text").count() == 1  # two ballots, and a quorum of three
    page.check("[name=verdict][value=retire]")
    page.fill("[name=rationale]", "Mô hình đã đạt mục tiêu đề ra.")
    page.fill("[name=whose]", "Chủ trì tọa đàm")
    go(page, "main form button")
    assert page.locator(".govuk-error-summary").is_visible()
    page.select_option("[name=retire_reason]", "completed")
    page.select_option("[name=closing_kind]", "completed")
    go(page, "main form button")

    page.goto(address("reviews:conclude_rest", seminar))
    assert people["maintained"].name in page.inner_text("main ol")
    assert page.locator("main ol li").count() == 1
    page.fill("[name=whose]", "Chủ trì tọa đàm")
    go(page, "main form button")
    assert not seminar.items.filter(conclusion=None).exists()
    assert status(people["retired"]) == "running"  # a proposal changes nothing

    act(page, "reviews:seminar_close", seminar)
    assert state(seminar) == "closed"


def decide(page, people, seminar, model):
    act(page, "reviews:decision_from_seminar", seminar)
    decision = Decision.objects.get(seminar=seminar)
    assert decision.lines.count() == 3

    page.goto(address("reviews:decision_issue", decision))
    go(page, "main form button")
    assert page.locator(".govuk-error-summary").is_visible()
    decision.refresh_from_db()
    assert not decision.is_issued

    page.goto(address("reviews:decision_update", decision))
    page.fill("[name=number]", "12-TB/TU")
    page.fill("[name=dated]", f"5/6/{this_year() - 1}")
    page.fill("[name=signatory]", "Lê Thử")
    go(page, "main form button")
    page.goto(address("reviews:decision_issue", decision))
    go(page, "main form button")
    decision.refresh_from_db()
    assert decision.is_issued
    assert model.replications.get().organisation == people["takes_up"]

    page.goto(address("reviews:decision_publish", decision))
    go(page, "main form button")


def look_at_the_catalogue(page, people, model):
    sign_in(page, people["other"])
    for one, verdict, stands in (
        (model, Verdict.REPLICATE, "running"),
        (people["maintained"], Verdict.MAINTAIN, "running"),
        (people["retired"], Verdict.RETIRE, "closed"),
    ):
        page.goto(f"/models/?q={one.code}&verdict={verdict}&status={stands}")
        assert names_listed(page) == [one.name]
        go(page, "main table a")
        assert "12-TB/TU" in page.inner_text("main")
    page.goto(model.get_absolute_url())
    assert model.contact_phone not in page.inner_text("main")


def go_on_next_year(page, people):
    model = people["maintained"]
    page.goto(model.get_absolute_url())
    act(page, "registry:enrolment_continue", model)
    assert page.input_value("[name=reason]") == model.reason
    page.goto(model.get_absolute_url())
    enrolment = model.enrolments.get(year=this_year())
    act(page, "registry:enrolment_send", enrolment)

    sign_in(page, people["clerk"])
    page.goto(model.get_absolute_url())
    act(page, "registry:enrolment_accept", enrolment)

    page.goto(f"/models/?year={this_year()}&q={model.organisation.name}")
    assert names_listed(page) == [model.name]
    page.goto(f"/models/?year={this_year() - 1}")
    assert sorted(names_listed(page)) == sorted([model.name, people["retired"].name])


# --- By hand ----------------------------------------------------------------------------------


def sign_in(page, user):
    # Leave the page first: pictures of it still on their way would come without a session.
    page.goto("about:blank")
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.fill("[name=login]", user.username)
    page.fill("[name=password]", PASSWORD)
    go(page, "main form button:not([type=button])")
    assert page.locator(".app-account__name").inner_text() == user.full_name


def go(page, selector):
    """Click what leads to another page, and wait until that is there."""
    with page.expect_navigation():
        page.click(selector)


def press(page, action):
    go(page, f"main button[name=action][value={action}]")


def act(page, name, record):
    """Press the button that posts to an address."""
    go(page, f"form[action='{address(name, record)}'] button")


def fill_ballot(page, verdict):
    page.check(f"[name=verdict][value={verdict}]")
    page.fill("[name=remark]", "Nhận xét ngắn gọn, đúng trọng tâm.")
    if verdict == Verdict.RETIRE:
        page.select_option("[name=retire_reason]", "completed")


def names_listed(page):
    return page.locator("main table a").all_inner_texts()


def address(name, record):
    return reverse(name, args=[record.pk])


def status(model):
    return PracticeModel.objects.get(pk=model.pk).status


def state(seminar):
    return Seminar.objects.get(pk=seminar.pk).state
