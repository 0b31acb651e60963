"""On PostgreSQL, find any part of a search key through a trigram index."""

from django.db import migrations

CREATE = """
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX registry_practicemodel_search
    ON registry_practicemodel USING gin (search_key gin_trgm_ops);
"""
DROP = "DROP INDEX registry_practicemodel_search"


def on_postgresql(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [migrations.RunPython(on_postgresql(CREATE), on_postgresql(DROP))]
