"""What a register has from its first day, and keeps as the committee changes it."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from registry.models import Field, Indicator, Movement, Role
from registry.setup import FIELDS, INDICATORS, MOVEMENTS, fill

pytestmark = pytest.mark.django_db


def lists():
    return {
        kind.__name__: list(kind.objects.values("pk", "name", "position", "is_active"))
        for kind in (Field, Movement, Indicator)
    }


def test_a_new_register_has_its_lists_in_order():
    assert tuple(Field.objects.values_list("name", flat=True)) == FIELDS
    assert tuple(Movement.objects.values_list("name", flat=True)) == MOVEMENTS
    assert tuple(Indicator.objects.values_list("name", "unit", "is_cumulative")) == INDICATORS
    assert str(Indicator.objects.first()) == "Hộ được giúp đỡ (hộ)"


def test_migrating_again_changes_nothing():
    before = lists(), list(Group.objects.values_list("pk", "name"))

    call_command("migrate", verbosity=0)

    assert (lists(), list(Group.objects.values_list("pk", "name"))) == before


def test_what_the_committee_renamed_switched_off_or_took_out_does_not_come_back():
    renamed = Field.objects.get(name="Kinh tế")
    renamed.name = "Phát triển kinh tế"
    renamed.save()
    Movement.objects.filter(name="Dân vận khéo").update(is_active=False)
    Indicator.objects.filter(name="Đất hiến").delete()
    before = lists()

    fill()

    assert lists() == before


def test_each_role_is_a_group_and_the_administrators_keep_every_table_of_ours():
    assert {role.value for role in Role} <= set(Group.objects.values_list("name", flat=True))
    ours = Permission.objects.filter(content_type__app_label__in=["registry", "reviews"])

    administrators = Group.objects.get(name=Role.ADMIN)

    assert set(administrators.permissions.all()) == set(ours)
    for role in set(Role) - {Role.ADMIN}:
        assert not Group.objects.get(name=role).permissions.exists()


def test_a_table_that_is_new_is_given_to_the_administrators():
    administrators = Group.objects.get(name=Role.ADMIN)
    administrators.permissions.clear()

    fill()

    assert administrators.permissions.filter(codename="change_practicemodel").exists()


def test_a_group_the_committee_made_is_left_alone():
    group = Group.objects.create(name="Văn thư")

    fill()

    assert Group.objects.filter(pk=group.pk).exists()
    assert not group.permissions.exists()


def test_the_cache_has_its_table_for_all_servers():
    assert "cache" in connection.introspection.table_names()
    cache.set("chào", 1)
    assert cache.get("chào") == 1


class NoTables:
    """The apps at a point of the migrations before any of our tables."""

    def get_model(self, *args):
        raise LookupError


def test_before_there_are_tables_nothing_is_filled():
    Field.objects.all().delete()

    fill(apps=NoTables())

    assert not Field.objects.exists()
    fill(apps=apps)
    assert Field.objects.count() == len(FIELDS)
