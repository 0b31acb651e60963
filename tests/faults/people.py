"""Who takes part in the experiments; run in a process of its own, with a register's settings.

Prints a line of JSON: the accounts, their password, and a field to choose in the form.
"""

import json

import django

django.setup()

from registry.models import Field  # noqa: E402
from tests.factories import PASSWORD, CellFactory, ClerkFactory, UnitUserFactory  # noqa: E402

cell = CellFactory()
units = [UnitUserFactory(organisation=cell).username for _number in range(8)]
clerks = [ClerkFactory().username for _number in range(2)]
field = Field.objects.in_use().first() or Field.objects.create(name="Lĩnh vực thử")
print(json.dumps({"units": units, "clerks": clerks, "password": PASSWORD, "field": field.pk}))
