import datetime
from decimal import Decimal

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone, translation
from django.utils.formats import date_format, localize

from registry.templatetags.vietnamese import day, number


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    ("typed", "date"),
    [
        ("05/06/2023", datetime.date(2023, 6, 5)),
        ("25/06/2023", datetime.date(2023, 6, 25)),
        ("5.6.2023", datetime.date(2023, 6, 5)),
        ("5-6-2023", datetime.date(2023, 6, 5)),
        ("2023-06-05", datetime.date(2023, 6, 5)),
    ],
)
def test_dates_are_read_day_first(language, typed, date):
    with translation.override(language):
        assert forms.DateField().clean(typed) == date


def test_vietnamese_numbers_have_dots_for_thousands_and_a_decimal_comma():
    with translation.override("vi"):
        assert localize(1_234_567) == "1.234.567"
        assert localize(Decimal("1234567.89")) == "1.234.567,89"
        assert forms.DecimalField(localize=True).clean("1.234.567,89") == Decimal("1234567.89")
        assert date_format(datetime.date(2023, 6, 5), "SHORT_DATE_FORMAT") == "05/06/2023"


def test_what_names_no_format_is_a_short_date_in_vietnamese():
    with translation.override("vi"):
        assert localize(datetime.date(2023, 6, 5)) == "05/06/2023"
        assert (
            localize(datetime.datetime(2023, 6, 5, 8, 3, tzinfo=datetime.UTC)) == "08:03 05/06/2023"
        )


def test_english_numbers_keep_their_commas():
    with translation.override("en"):
        assert localize(Decimal("1234567.89")) == "1,234,567.89"
        assert forms.DecimalField(localize=True).clean("1,234.5") == Decimal("1234.5")
        assert date_format(datetime.date(2023, 6, 5), "SHORT_DATE_FORMAT") == "05/06/2023"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1234567, "1.234.567"), (1.5, "1,5"), (2000.0, "2.000"), (Decimal(0), "0"), ("", "")],
)
def test_a_number_shows_decimals_only_where_it_has_any(value, shown):
    with translation.override("vi"):
        assert number(value) == shown


def test_the_day_of_a_moment_is_the_day_it_was_here():
    with timezone.override("Asia/Ho_Chi_Minh"):
        assert day(datetime.datetime(2023, 6, 1, 17, 30, tzinfo=datetime.UTC)) == "02/06/2023"


def test_the_filters_show_what_people_write():
    moment = datetime.datetime(2023, 6, 1, 17, 30, tzinfo=datetime.UTC)
    template = Template(
        "{% load vietnamese %}{{ d|day }} {{ m|moment }} {{ n|number }} {{ w|number }} "
        "{{ p|partial_date }}[{{ none|day }}{{ none|moment }}{{ none|number }}]"
    )
    context = {"d": moment.date(), "m": moment, "n": Decimal("1234.50"), "w": Decimal("2000.00")}

    with translation.override("vi"), timezone.override("Asia/Ho_Chi_Minh"):
        shown = template.render(Context(context | {"p": "2021-05", "none": None}))

    assert shown == "01/06/2023 00:30 02/06/2023 1.234,50 2.000 05/2021[]"
