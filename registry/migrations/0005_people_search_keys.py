"""Give the people of before their key to be found by."""

from django.db import migrations

from registry.vietnamese import fold

BATCH = 1000


def fill(apps, schema_editor):
    users = apps.get_model("registry", "User").objects.using(schema_editor.connection.alias)
    batch = []
    for user in users.only("full_name", "username").iterator(chunk_size=BATCH):
        user.search_key = fold(f"{user.full_name} {user.username}")[:300]
        batch.append(user)
    users.bulk_update(batch, ["search_key"], batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_calls_and_slips")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
