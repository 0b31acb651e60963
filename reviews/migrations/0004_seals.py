from django.db import migrations, models

from registry.sealing import seal_again


def seal(apps, schema_editor):
    for operation in Migration.operations[:-1]:
        seal_again(apps.get_model("reviews", operation.model_name), "id")


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0003_handover_and_typed_by'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalagendaitem',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalassessment',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalconclusion',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalcriterion',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicaldecision',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicaldecisionline',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalpanelmember',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalrecusal',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalround',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalscan',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalscore',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalseminar',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='historicalstockremark',
            name='seal',
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
