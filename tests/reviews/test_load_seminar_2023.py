"""The seminar of 2023 is entered as published: nothing less, and nothing beside it."""

import pytest
from django.core.management import call_command

from registry.models import Enrolment, Move, Organisation, PracticeModel
from registry.vietnamese import fold
from reviews.models import Assessment, Conclusion, Decision, PanelMember, Score, Seminar
from tests.counting import rows
from tests.factories import ClerkFactory, OrganisationFactory, UnitUserFactory

pytestmark = pytest.mark.django_db


def load():
    call_command("load_seminar_2023", verbosity=0)


def test_the_seminar_is_entered_with_its_eight_papers_in_the_order_of_the_article():
    load()

    seminar = Seminar.objects.get()
    assert (seminar.kind, seminar.state, seminar.origin) == ("seminar", "closed", "old_register")
    assert (seminar.held_on.isoformat(), seminar.is_sample) == ("2023-06-01", False)
    assert (seminar.opened_at, seminar.closed_at, seminar.chair, seminar.place) == (
        None,
        None,
        "",
        "",
    )
    items = list(seminar.items.values_list("position", "organisation__name", "model__name"))
    assert [position for position, *_names in items] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert items[0][1:] == ("Đảng ủy phường Tân Thạnh", "Tương trợ giảm nghèo bền vững")
    assert items[6][1:] == ("Đảng ủy Công ty Điện lực Quảng Nam", None)
    assert set(seminar.items.values_list("paper", flat=True)) == {"received"}
    assert set(seminar.items.values_list("presenter", "proposed", "opinion")) == {("", "", "")}


def test_seven_models_run_with_a_code_and_nothing_the_article_does_not_say():
    load()

    models = PracticeModel.objects.order_by("code")
    assert [model.code for model in models] == [f"MH-2023-000{n}" for n in range(1, 8)]
    invented = {
        field.name
        for field in PracticeModel._meta.concrete_fields
        for model in models
        if field.name
        not in {
            *("id", "code", "name", "organisation", "organisation_name", "origin", "status"),
            *("in_register", "search_key", "sort_key", "created_at", "updated_at"),
        }
        and getattr(model, field.attname) != field.get_default()
    }
    assert invented == set()
    assert {(model.origin, model.status, model.was_accepted) for model in models} == {
        ("old_register", "running", True)
    }


def test_nobody_has_judged_registered_or_moved_anything():
    load()

    for model in (Assessment, Score, Conclusion, Decision, PanelMember, Enrolment, Move):
        assert model.objects.count() == 0


def test_the_eighth_paper_has_no_model_and_no_name_but_the_words_of_the_article():
    load()

    item = Seminar.objects.get().items.get(model=None)
    assert item.title == ""
    assert "bài giảng micro learning" in item.gist
    assert not PracticeModel.objects.filter(organisation=item.organisation).exists()


def test_units_stand_where_the_article_puts_them():
    load()

    root = Organisation.objects.get(parent=None)
    parents = dict(Organisation.objects.values_list("name", "parent__name"))
    assert root.name == "Thành ủy Tam Kỳ"
    assert len(parents) == 14
    assert parents["Chi bộ Khối phố Phương Hòa Nam"] == "Đảng ủy phường Hòa Thuận"
    assert parents["Khối Dân vận Đảng ủy phường An Mỹ"] == "Đảng ủy phường An Mỹ"
    assert parents["Chi bộ Chi nhánh vận chuyển chất thải rắn"] == (
        "Đảng bộ Công ty CP Môi trường đô thị Quảng Nam"
    )
    assert Organisation.objects.filter(is_sample=True).count() == 0
    assert Organisation.objects.cells().count() == 3


def test_models_are_found_by_the_ward_printed_beside_their_unit():
    load()

    found = PracticeModel.objects.search("hoà thuận").get()

    assert found.organisation_name == "Chi bộ Khối phố Phương Hòa Nam (phường Hòa Thuận)"
    assert fold("van minh do thi") in found.search_key


def test_loading_again_changes_nothing_and_writes_no_history():
    load()
    before = rows()

    load()

    assert rows() == before


def test_every_record_has_one_entry_of_history_that_says_where_it_comes_from():
    load()

    for model in (Organisation, PracticeModel, Seminar):
        history = list(model.history.values_list("history_type", "history_change_reason"))
        assert history == [("+", "Theo bài báo về buổi tọa đàm ngày 01/6/2023")] * (
            model.objects.count()
        )


def test_a_seminar_whose_title_was_corrected_is_not_entered_twice():
    load()
    seminar = Seminar.objects.get()
    seminar.title = "Tọa đàm ngày 01/6/2023"
    seminar.save_by(ClerkFactory())

    load()

    assert Seminar.objects.get().title == "Tọa đàm ngày 01/6/2023"


def test_a_unit_that_the_register_has_already_is_used():
    ward = OrganisationFactory(name="Đảng ủy phường Tân Thạnh")

    load()

    assert ward.models.get().name == "Tương trợ giảm nghèo bền vững"
    assert Organisation.objects.filter(name=ward.name).count() == 1


def test_codes_go_on_after_those_of_the_year_that_were_given():
    load()
    model = PracticeModel(name="Một mô hình khác", organisation=Organisation.objects.first())

    PracticeModel.enter_old([model], year=2023)

    assert model.code == "MH-2023-0008"


def test_a_unit_may_go_on_with_its_old_model():
    load()
    model = PracticeModel.objects.first()
    person = UnitUserFactory(organisation=model.organisation)

    model.continue_in(2024, by=person).send(by=person)

    assert model.is_open_to_its_unit()
