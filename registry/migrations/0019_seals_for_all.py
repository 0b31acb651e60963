from django.db import migrations, models

from registry import appendonly
from registry.sealing import seal_again


def take_triggers_off(apps, schema_editor):
    """They refuse what follows; after each migrate they are made anew."""
    appendonly.take_off()


def seal(apps, schema_editor):
    for name, chain in (
        ("securityevent", None),
        ("redaction", None),
        ("handover", None),
        ("opening", "model_id"),
    ):
        seal_again(apps.get_model("registry", name), chain)


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0018_follow_up'),
    ]

    operations = [
        migrations.RunPython(take_triggers_off, migrations.RunPython.noop),
        migrations.AddField(
            model_name='handover',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='opening',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='redaction',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
