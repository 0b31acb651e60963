import datetime
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.vietnamese import clean_text, document_date, fold, person_sort_key, sort_key

LETTERS = (
    "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
)
TEXT = st.text(alphabet=LETTERS + LETTERS.upper() + " -,.0123456789Ð“”'\n", max_size=30)


@pytest.mark.parametrize(
    "typed",
    [
        "giảm nghèo",
        "GIẢM NGHÈO",
        "giam ngheo",
        unicodedata.normalize("NFD", "Giảm nghèo"),
        " giảm  nghèo. ",
    ],
)
def test_every_way_of_typing_it_folds_to_one_key(typed):
    assert fold(typed) == "giam ngheo"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("uỷ", "ủy"),
        ("Ðảng", "Đảng"),
        ("Thuỷ", "thủy"),
        ("“Mẹ đỡ đầu”", "mẹ đỡ đầu"),
    ],
)
def test_the_search_key_is_blind_to_spelling(one, other):
    assert fold(one) == fold(other)


def test_text_is_stored_composed_with_the_right_letter_and_nothing_invisible():
    typed = unicodedata.normalize("NFD", "  Ðảng\u202e ủy\u200b phường\r\nHòa\x07 ")

    assert clean_text(typed) == "Đảng ủy phường\nHòa"


def test_nul_stays_for_the_validators_to_refuse():
    assert clean_text("a\0b") == "a\0b"


@given(TEXT)
def test_cleaning_and_folding_twice_changes_nothing(text):
    assert clean_text(clean_text(text)) == clean_text(text)
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


def test_the_order_is_that_of_icu():
    lines = (Path(__file__).parent / "data" / "icu-order.txt").read_text(encoding="utf-8")
    in_order = lines.splitlines()[1:]

    assert sorted(in_order, key=lambda text: (sort_key(text), text)) == in_order


def test_a_sort_key_fits_into_an_index_row():
    assert len(sort_key("Ệ" * 10_000)) < 2_000
    assert len(sort_key("語" * 10_000)) < 2_700


def test_people_are_sorted_by_given_name():
    people = ["Trần Thị Bình", "Nguyễn Văn Ánh", "Lê An", "Đỗ Thị Ánh"]

    assert sorted(people, key=person_sort_key) == [
        "Lê An",
        "Đỗ Thị Ánh",
        "Nguyễn Văn Ánh",
        "Trần Thị Bình",
    ]


@pytest.mark.parametrize(
    ("date", "written"),
    [
        (datetime.date(2026, 2, 5), "ngày 05 tháng 02 năm 2026"),
        (datetime.date(2026, 5, 27), "ngày 27 tháng 5 năm 2026"),
        (datetime.date(2023, 6, 1), "ngày 01 tháng 6 năm 2023"),
        (datetime.date(2025, 12, 20), "ngày 20 tháng 12 năm 2025"),
    ],
)
def test_papers_write_a_zero_before_some_numbers_only(date, written):
    assert document_date(date) == written
