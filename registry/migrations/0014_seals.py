from django.db import migrations, models

from registry.sealing import seal_again


def seal(apps, schema_editor):
    for operation in Migration.operations[:-1]:
        model = apps.get_model("registry", operation.model_name)
        seal_again(model, CHAINS.get(operation.model_name, "id"))


CHAINS = {'move': 'model_id', 'securityevent': 'user_id'}


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0013_first_password_until'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalaward',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalcall',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalenrolment',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalevidence',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalfield',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalindicator',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalmembership',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalmovement',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalnote',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalorganisation',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicaloutcome',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalpracticemodel',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalreplication',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicaluser',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='move',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='securityevent',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
