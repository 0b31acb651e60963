"""Models of a similar name, shown as a hint before one more is registered."""

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django.asserts import assertContains

from registry.similarity import likeness_of, significant, similar_to
from tests import factories

pytestmark = pytest.mark.django_db

NAME = "Con đường hoa tự quản"


@pytest.fixture
def cell():
    return factories.CellFactory()


@pytest.fixture
def person(cell):
    return factories.UnitUserFactory(organisation=cell)


def test_the_same_name_without_diacritics_is_found(person):
    model = factories.running(name=f"Mô hình “{NAME}”")

    assert similar_to("mo hinh con duong hoa tu quan", user=person) == [model]


def test_a_name_with_a_few_other_words_is_found(person):
    model = factories.running(name="Xây dựng con đường hoa tự quản của phụ nữ")

    assert similar_to(NAME, user=person) == [model]


@pytest.mark.parametrize(
    "other", ["Tổ tự quản an ninh trật tự", "Hoa nở trên đường phố", "Nuôi heo đất gây quỹ"]
)
def test_a_name_that_shares_but_single_words_is_not_found(person, other):
    factories.running(name=other)

    assert similar_to(NAME, user=person) == []


def test_own_units_models_come_first_and_ended_ones_say_so(person, cell):
    ended = factories.closed(name=NAME)
    own = factories.running(name=f"{NAME} và cây xanh", organisation=cell)

    found = similar_to(NAME, user=person, organisation=cell.pk)

    assert [(model, model.is_own, model.is_closed) for model in found] == [
        (own, True, False),
        (ended, False, True),
    ]


def test_the_model_itself_is_not_like_itself(person, cell):
    model = factories.PracticeModelFactory(name=NAME, organisation=cell)

    assert similar_to(NAME, user=person, model=model.pk) == []


def test_nobody_learns_of_what_they_may_not_see(person, settings):
    settings.PUBLIC_CATALOGUE = False
    factories.PracticeModelFactory(name=NAME)

    assert similar_to(NAME, user=person) == []
    assert similar_to(NAME, user=AnonymousUser()) == []


@pytest.mark.parametrize("name", ["", "hoa", "mô hình", "của và các", "x" * 5000, "%_ \\ '"])
def test_a_name_that_says_nothing_has_nothing_like_it(person, name):
    factories.running(name=NAME)

    assert similar_to(name, user=person) == []


def test_empty_words_do_not_make_names_alike():
    one, other = significant("Mô hình xây dựng tuyến đường"), significant("Mô hình xây dựng quỹ")

    assert likeness_of(one, other) == 0


def test_the_part_of_the_page_shows_them_with_links(client, person):
    model = factories.running(name=NAME)
    client.force_login(person)

    part = client.get("/models/similar/", {"name": NAME, "organisation": "junk", "model": ""})

    assertContains(part, model.get_absolute_url())


def test_looking_costs_few_queries(person, django_assert_max_num_queries):
    for number in range(20):
        factories.running(name=f"{NAME} {number}")

    with django_assert_max_num_queries(2):
        assert len(similar_to(NAME, user=person)) == 5
