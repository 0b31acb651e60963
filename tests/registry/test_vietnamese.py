import datetime
import re
import unicodedata
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from registry.models import Movement, PracticeModel
from registry.vietnamese import (
    clean_text,
    document_date,
    fold,
    is_among,
    person_sort_key,
    sort_key,
    spellings_of,
)

LETTERS = (
    "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
)
IN_ORDER = (
    (Path(__file__).parent / "data" / "icu-order.txt").read_text(encoding="utf-8").splitlines()[1:]
)
# Pieces of real lines, so that the pairs are alike.
NAMES = st.lists(
    st.sampled_from(sorted({word for line in IN_ORDER for word in line.split(" ")})), max_size=4
).map(" ".join)
INVISIBLE = "\u200b\ufeff\u202e\u2066\x07\x85\r\n\t \u0301\u0302\u0323"
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
        ("Nhà sạch – vườn đẹp", "nha sach_vuon/dep"),
        ("200 m²", "200 M2"),
    ],
)
def test_the_search_key_is_blind_to_spelling(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("name", "is_there"),
    [("kinh  TẾ", True), ("Kinh-tế", True), ("Kinh tế xã hội", False), ("?", False), ("!!", True)],
)
def test_a_name_is_among_others_if_it_reads_as_one_of_them(name, is_there):
    assert is_among(name, ["Kinh tế", "!!"]) is is_there


def test_text_is_stored_composed_with_the_right_letter_and_nothing_invisible():
    typed = unicodedata.normalize("NFD", "  Ðảng\u202e ủy\u200b phường\r\nHòa\x07 ")

    assert clean_text(typed) == "Đảng ủy phường\nHòa"


def test_a_mark_behind_an_invisible_character_still_joins_its_letter():
    assert clean_text("ủy ba\u200b\u0301n") == "ủy bán"


def test_nul_stays_for_the_validators_to_refuse():
    assert clean_text("a\0b") == "a\0b"


@given(TEXT | st.text(LETTERS + INVISIBLE) | st.text())
def test_cleaning_and_folding_twice_changes_nothing(text):
    assert clean_text(clean_text(text)) == clean_text(text)
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


@given(TEXT)
def test_a_folded_word_finds_every_spelling_of_it(text):
    for word in fold(text).split():
        assert re.search(spellings_of(word), clean_text(text))


@pytest.mark.parametrize("text", ["giơm", "gâm", "g1am", "gi-am", "gian"])
def test_a_folded_word_finds_no_other_word(text):
    assert not re.search(spellings_of("giam"), text)


def test_the_order_is_that_of_icu():
    keys = [sort_key(text) for text in IN_ORDER]

    assert keys == sorted(set(keys))


@given(NAMES | TEXT, NAMES | TEXT)
def test_two_texts_share_a_place_only_if_they_are_the_same(one, other):
    assert (sort_key(one) == sort_key(other)) == (clean_text(one) == clean_text(other))


def test_a_second_mark_on_a_letter_is_not_taken_for_that_of_the_next():
    assert sort_key("a\u0323\u0301a") > sort_key("aạ")


def test_signs_that_stand_for_others_sort_beside_them():
    keys = [sort_key(text) for text in ("m...", "m…", "m2", "m²", "m3", "ma")]

    assert keys == sorted(set(keys))


@pytest.mark.parametrize("letter", ["Ệ", "語", "½", "a\u0301\u0302\u0323"])
def test_a_sort_key_fits_into_an_index_row(letter):
    assert len(sort_key(letter * 10_000)) <= 1_000
    assert len(person_sort_key(f"{letter} " * 10_000)) <= 1_000


def test_the_longest_name_is_sorted_by_its_last_letter():
    assert sort_key("Ệ" * 299 + "a") < sort_key("Ệ" * 299 + "á")
    assert sort_key("Ệ" * 299 + "á") < sort_key("Ệ" * 299 + "Á")


@given(st.text())
def test_any_text_has_a_place(text):
    assert isinstance(sort_key(text), bytes)
    assert isinstance(person_sort_key(text), bytes)


def test_people_are_sorted_by_given_name():
    people = ["Trần Thị Bình", "Nguyễn Văn Ánh", "Lê An", "Đỗ Thị Ánh"]

    assert sorted(people, key=person_sort_key) == [
        "Lê An",
        "Đỗ Thị Ánh",
        "Nguyễn Văn Ánh",
        "Trần Thị Bình",
    ]


def test_namesakes_stand_together_by_family_name_however_they_are_spelt():
    people = ["Lê Hoá", "Trần Thủy", "LÊ HOA", "Võ Thuỷ", "Lê Thuỷ", "Trần Hoa", "Hoa"]

    assert sorted(people, key=person_sort_key) == [
        "Hoa",
        "LÊ HOA",
        "Trần Hoa",
        "Lê Hoá",
        "Lê Thuỷ",
        "Trần Thủy",
        "Võ Thuỷ",
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


@pytest.mark.django_db
def test_a_line_is_stored_and_looked_for_in_one_way_of_writing_it():
    typed = unicodedata.normalize("NFD", " Tổ tự quản\r\n\tmẫu\u200b ")

    Movement.objects.bulk_create([Movement(name=typed)])

    assert Movement.objects.get(name=typed).name == "Tổ tự quản mẫu"


@pytest.mark.django_db
def test_a_record_carries_the_cleaned_text_as_soon_as_it_is_saved():
    movement = Movement(name=" Ðền ơn mẫu ")

    movement.save()

    assert movement.name == "Đền ơn mẫu"


@pytest.mark.parametrize(
    ("field", "text"),
    [("name", "a\0b"), ("reason", "a\0b"), ("name", "ệ" * 301), ("reason", "ệ" * 20_001)],
)
def test_a_record_refuses_nul_and_what_is_too_long(field, text):
    with pytest.raises(ValidationError):
        PracticeModel._meta.get_field(field).clean(text, None)


def test_length_is_counted_on_what_is_kept():
    longest = unicodedata.normalize("NFD", "ệ" * 20_000)

    assert PracticeModel._meta.get_field("reason").clean(longest, None) == "ệ" * 20_000
