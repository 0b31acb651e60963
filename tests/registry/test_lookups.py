"""Fields in which a record is typed: what answers, and what is said when none or several do."""

import pytest
from django import forms
from django.core.exceptions import ValidationError

from registry.forms.lookups import (
    LOOKED_AT,
    ModelLookupField,
    OrganisationLookupField,
    OrganisationsLookupField,
)
from registry.models import Organisation, PracticeModel
from tests import factories

pytestmark = pytest.mark.django_db


def organisation(**options):
    return OrganisationLookupField(queryset=Organisation.objects.all(), **options)


def model():
    return ModelLookupField(queryset=PracticeModel.objects.all())


def refusal(field, text):
    with pytest.raises(ValidationError) as caught:
        field.clean(text)
    return caught.value


@pytest.mark.parametrize(
    "typed",
    ["Chi bộ Mẫu", "chi bo mau", "MẪU", "cb mẫu", "Chi bộ Mẫu – Đảng ủy phường Thử", " mẫu  chi "],
)
def test_an_organisation_answers_to_its_names_and_parts_of_them(typed):
    ward = factories.OrganisationFactory(name="Đảng ủy phường Thử")
    cell = factories.CellFactory(name="Chi bộ Mẫu", short_name="CB Mẫu", parent=ward)

    assert organisation().clean(typed) == cell


def test_an_exact_name_comes_before_longer_ones():
    cells = [factories.CellFactory(name=f"Chi bộ 1{digit}") for digit in ["", *range(10)]]

    assert organisation().clean("chi bộ 1") == cells[0]


def test_twins_are_told_apart_by_what_stands_above_them():
    _one, two = factories.CellFactory.create_batch(2, name="Chi bộ 1")

    assert organisation().clean(f"Chi bộ 1 – {two.parent.name}") == two
    assert refusal(organisation(), "Chi bộ 1").code == "several"


def test_a_field_that_found_several_offers_them_and_a_way_back():
    one, two = factories.CellFactory.create_batch(2, name="Chi bộ 1")
    field = organisation()

    refusal(field, "Chi bộ 1")

    assert isinstance(field.widget, forms.RadioSelect)
    assert [key for key, _label in field.widget.choices] == [one.pk, two.pk, ""]
    assert field.prepare_value(one.pk) == one.pk


def test_only_what_may_be_chosen_is_found():
    hidden = factories.CellFactory(name="Chi bộ Mẫu")
    field = OrganisationLookupField(queryset=Organisation.objects.exclude(pk=hidden.pk))

    for typed in ["Chi bộ Mẫu", str(hidden.pk)]:
        assert refusal(field, typed).code == "unknown"
    assert field.prepare_value(str(hidden.pk)) == str(hidden.pk)


def test_nothing_typed_is_nothing_unless_something_is_required():
    assert organisation(required=False).clean("  ") is None
    assert refusal(organisation(), "  ").code == "required"


def test_one_letter_reads_no_more_than_it_must(django_assert_max_num_queries):
    factories.OrganisationFactory.create_batch(LOOKED_AT // 10)

    with django_assert_max_num_queries(2):
        assert refusal(organisation(), "t").code == "many"


def test_each_line_that_is_not_understood_is_named_with_what_it_may_have_meant():
    twins = factories.CellFactory.create_batch(2, name="Chi bộ 1")
    field = OrganisationsLookupField(queryset=Organisation.objects.all())

    messages = refusal(field, "Chi bộ 1\nKhông có").messages

    assert len(messages) == 2
    assert "“Chi bộ 1”" in messages[0]
    for twin in twins:
        assert twin.parent.name in messages[0]
    assert "“Không có”" in messages[1]


def test_a_model_answers_to_its_code_and_its_name():
    sought = factories.submitted(name="Đường hoa tự quản")
    factories.submitted(name="Đường hoa tự quản của thanh niên")
    found = [sought.code, sought.code.lower(), "duong hoa tu quan", f"{sought.code} – Đường hoa"]

    assert [model().clean(typed) for typed in found] == [sought] * 4
    assert model().prepare_value(sought.pk) == f"{sought.code} – Đường hoa tự quản"


def test_a_model_that_is_not_known_or_not_clear_is_refused_with_a_sentence():
    factories.PracticeModelFactory.create_batch(2, name="Đường hoa")
    field = model()

    assert refusal(field, "MH-1999-0001").code == "unknown"
    assert refusal(field, "hoa").code == "several"
    assert [label for _key, label in field.widget.choices][:2] == ["Đường hoa", "Đường hoa"]
