"""What the database is told of a person's units: that they are few."""

import json

import pytest
from django.db import connection

from registry.models import Organisation
from tests import factories

MANY = 50


@pytest.mark.django_db
@pytest.mark.parametrize("ask", ["acted_for_by", "looked_after_by"])
def test_postgresql_expects_few_units_of_a_person_however_many_there_are(ask):
    ward = factories.OrganisationFactory()
    factories.CellFactory.create_batch(MANY, parent=ward)
    user = factories.UnitUserFactory(organisation=ward)
    units = getattr(Organisation.objects, ask)(user)
    assert units.count() >= MANY
    if connection.vendor == "sqlite":
        return  # which asks for each of them by the index anyway

    (condition,) = units.query.where.children
    keys, values = units.query.get_compiler(connection.alias).compile(condition.rhs)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registry_organisation")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {keys}", values)
        (plan,) = cursor.fetchone()

    plan = json.loads(plan) if isinstance(plan, str) else plan
    assert plan[0]["Plan"]["Plan Rows"] < MANY
