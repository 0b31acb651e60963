import unicodedata

import pytest
from django.core.exceptions import ValidationError

from registry.models import PracticeModel
from registry.partialdates import PartialDateFormField, parse_partial, show_partial


@pytest.mark.parametrize(
    ("typed", "stored", "shown"),
    [
        ("2021", "2021", "2021"),
        ("năm 2021", "2021", "2021"),
        ("5/2021", "2021-05", "05/2021"),
        ("tháng 5 năm 2021", "2021-05", "05/2021"),
        ("tháng 5/2021", "2021-05", "05/2021"),
        ("19/5/2021", "2021-05-19", "19/05/2021"),
        ("19.05.2021", "2021-05-19", "19/05/2021"),
        ("19-5-2021", "2021-05-19", "19/05/2021"),
        ("ngày 19 tháng 5 năm 2021", "2021-05-19", "19/05/2021"),
        ("2021-05-19", "2021-05-19", "19/05/2021"),
        ("2021-5", "2021-05", "05/2021"),
        ("thang 5 nam 2021", "2021-05", "05/2021"),
        (unicodedata.normalize("NFD", "tháng 5/2021"), "2021-05", "05/2021"),
        ("19 / 5 / 2021", "2021-05-19", "19/05/2021"),
        ("19052021", "2021-05-19", "19/05/2021"),
        ("052021", "2021-05", "05/2021"),
    ],
)
def test_a_day_a_month_or_a_year_is_understood(typed, stored, shown):
    assert parse_partial(typed) == stored
    assert show_partial(stored) == shown


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "31/2/2021",
        "13/2021",
        "0/2021",
        "1944",
        "2101",
        "21",
        "5/21",
        "20210519",
        "192021",
        "5--2021",
        "2021\0",
        "mai",
        "1/1/1/2021",
        "٢٠٢١",
    ],
)
def test_what_is_no_date_is_refused(typed):
    with pytest.raises(ValueError, match=r".+"):
        parse_partial(typed)


def test_a_wrong_date_stays_as_it_was_typed():
    field = PartialDateFormField()

    assert field.prepare_value("31/2/2021") == "31/2/2021"
    assert field.prepare_value("2021-13") == "2021-13"
    assert field.prepare_value("2021-05") == "05/2021"
    with pytest.raises(ValidationError, match="31/2/2021"):  # not how to write it, which is right
        field.clean("31/2/2021")
    with pytest.raises(ValidationError, match="19/5/2021"):
        field.clean("mùa xuân")


def test_a_date_that_is_shown_and_sent_back_has_not_changed():
    field = PartialDateFormField()

    assert not field.has_changed("2021-05", "05/2021")
    assert field.has_changed("2021-05", "06/2021")


def test_the_record_refuses_another_form_of_date():
    model = PracticeModel(started="5/2021")

    with pytest.raises(ValidationError) as refused:
        model.clean_fields(exclude=["organisation"])

    assert set(refused.value.error_dict) == {"started"}
