"""What is typed finds what is meant, with or without diacritics, and in Vietnamese order."""

import random
import unicodedata

import pytest
from django.urls import reverse

from registry.models import PracticeModel
from tests import factories

pytestmark = pytest.mark.django_db

LIST = reverse("registry:practicemodel_list")
NAME = "Tương trợ giảm nghèo bền vững"


@pytest.fixture(autouse=True)
def reader(client):
    client.force_login(factories.UserFactory())


def found(client, words, **filters):
    response = client.get(LIST, {"q": words, **filters})
    return [row["name"] for row in response.context["rows"]]


@pytest.mark.parametrize(
    "words",
    [
        "giam ngheo",
        "GIẢM NGHÈO",
        "giảm nghèo",
        unicodedata.normalize("NFD", "giảm nghèo"),
        "  nghèo   giảm ",
        "tan thanh",
        "Tân Thạnh",
        "an my",
        "tương trợ, giảm nghèo!",
    ],
)
def test_a_model_is_found_by_any_of_its_words(client, words):
    ward = factories.OrganisationFactory(name="Đảng ủy phường Tân Thạnh")
    factories.running(name=NAME, organisation=ward, place="Khối phố An Mỹ")
    factories.running(name="Camera an ninh", place="Nơi khác")

    assert found(client, words) == [NAME]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Hoà giải ở cơ sở", "hòa giải"),
        ("Hòa giải ở cơ sở", "hoà giải"),
        ("Uỷ ban tự quản", "ủy ban"),
        ("Ủy ban tự quản", "uỷ ban"),
        ("Đường hoa", "Ðường hoa"),
        ("Ðường hoa", "đường hoa"),
        ("Ðường hoa", "duong hoa"),
    ],
)
def test_spellings_of_the_same_sound_are_one(client, stored, typed):
    model = factories.running(name=stored)

    assert found(client, typed) == [PracticeModel.objects.get(pk=model.pk).name]


def test_a_model_is_found_by_its_code(client):
    model = factories.running()

    assert found(client, model.code.lower()) == [model.name]


@pytest.mark.parametrize("words", ["không có gì như vậy", "%", "_", "'; DROP TABLE", "\\"])
def test_what_is_not_there_is_not_found(client, words):
    factories.running(name=NAME)

    expected = [] if any(letter.isalpha() for letter in words) else [NAME]
    assert found(client, words) == expected


def test_models_stand_in_vietnamese_order(client):
    names = [
        "An ninh trật tự",
        "Ánh sáng đường quê",
        "Ao cá",
        "Ăn sạch",
        "Ấm áp",
        "Ba sạch",
        "Dân vận",
        "Đường hoa",
        "Em nuôi",
        "Ốc đảo",
        "Ơn nghĩa",
        "Vườn rau",
    ]
    shuffled = random.Random(5).sample(names, len(names))
    for name in shuffled:
        factories.running(name=name)

    assert found(client, "") == names


def test_a_search_keeps_its_words_in_the_box(client):
    response = client.get(LIST, {"q": 'giảm "nghèo"'})

    assert 'value="giảm &quot;nghèo&quot;"' in response.content.decode()
