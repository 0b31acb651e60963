"""Form tokens and running numbers: each used once, and given back when nothing comes of it."""

from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from registry.models import FormToken, MoveRefused, PracticeModel, Sequence, TokenSpent
from registry.storage import PrivateStorage, files_follow_the_transaction
from tests import factories

pytestmark = pytest.mark.django_db


class Failed(Exception):
    pass


def fail():
    factories.FieldFactory(name="Không bao giờ")
    raise Failed


@pytest.fixture
def person():
    return factories.UserFactory()


# --- Tokens ---------------------------------------------------------------------------------------


def test_whoever_sends_again_gets_the_address_of_the_first_time(person):
    token, made = uuid4(), []

    def create():
        made.append(True)
        return f"/models/{len(made)}/"

    assert [FormToken.once(token, person, create) for _ in range(3)] == ["/models/1/"] * 3
    assert len(made) == 1
    assert str(FormToken.objects.get()) == str(token)


def test_a_failed_sending_can_be_sent_again(person):
    token = uuid4()

    with pytest.raises(Failed):
        FormToken.once(token, person, fail)

    assert not FormToken.objects.exists()
    assert FormToken.once(token, person, lambda: "/models/7/") == "/models/7/"


def test_a_failed_sending_leaves_no_rows_and_no_files(person):
    stored = []

    def create():
        stored.append(PrivateStorage().save("thu.txt", ContentFile(b"x")))
        fail()

    with pytest.raises(Failed):
        FormToken.once(uuid4(), person, create)

    assert not PrivateStorage().exists(stored[0])
    assert not type(factories.FieldFactory()).objects.filter(name="Không bao giờ").exists()


def test_a_token_somebody_else_has_used_tells_nothing_and_is_refused(person):
    token = uuid4()
    FormToken.once(token, person, lambda: "/models/1/")
    stranger = factories.UserFactory()

    with pytest.raises(TokenSpent) as spent, transaction.atomic():
        FormToken.claim(token, stranger)
    assert spent.value.result == ""
    with pytest.raises(MoveRefused):
        FormToken.once(token, stranger, lambda: "/models/2/")


def test_a_token_that_led_nowhere_is_refused_as_well(person):
    token = uuid4()
    with transaction.atomic():
        FormToken.claim(token, person)

    with pytest.raises(MoveRefused):
        FormToken.once(token, person, lambda: "/models/1/")


def test_a_spent_token_spoils_nothing_else_of_the_transaction(person):
    token = uuid4()
    with transaction.atomic():
        FormToken.claim(token, person)
        with pytest.raises(TokenSpent):
            FormToken.claim(token, person)
        factories.FieldFactory(name="Vẫn ghi được")

    assert type(factories.FieldFactory()).objects.filter(name="Vẫn ghi được").exists()


def test_files_of_an_inner_block_go_with_the_outer_one():
    storage, stored = PrivateStorage(), []

    def save_in_two_blocks():
        with files_follow_the_transaction():
            with files_follow_the_transaction():
                stored.append(storage.save("trong.txt", ContentFile(b"x")))
            assert storage.exists(stored[0])
            raise Failed

    with pytest.raises(Failed):
        save_in_two_blocks()
    assert not storage.exists(stored[0])


def test_a_private_file_has_no_address():
    with pytest.raises(ValueError, match="no address"):
        PrivateStorage().url("thu.txt")


# --- Running numbers ------------------------------------------------------------------------------


def test_numbers_run_from_one_each_under_its_own_name():
    assert [Sequence.take("a"), Sequence.take("a"), Sequence.take("b")] == [1, 2, 1]
    assert str(Sequence.objects.get(name="a")) == "a: 2"


def test_many_numbers_are_taken_at_once():
    assert (Sequence.take("a", 10), Sequence.take("a")) == (1, 11)
    assert (Sequence.take("a", 0), Sequence.take("a")) == (12, 12)


def test_a_number_that_came_to_nothing_is_given_again():
    @transaction.atomic
    def take_and_fail():
        assert Sequence.take("a") == 2
        raise Failed

    Sequence.take("a")
    with pytest.raises(Failed):
        take_and_fail()

    assert Sequence.take("a") == 2


@pytest.mark.django_db(transaction=True)
def test_no_number_is_given_twice_however_many_ask_at_once(in_threads):
    def take():
        with transaction.atomic():
            return Sequence.take("a")

    assert sorted(in_threads(*[take] * 12)) == list(range(1, 13))


def test_codes_of_the_old_register_and_of_new_models_do_not_meet():
    year = factories.this_year()
    old = PracticeModel(name="Mô hình cũ", organisation=factories.CellFactory())
    new = factories.submitted()

    PracticeModel.enter_old([old], year=year)

    assert [new.code, PracticeModel.objects.get(pk=old.pk).code] == [
        f"MH-{year}-0001",
        f"MH-{year}-0002",
    ]
