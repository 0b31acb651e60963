"""The application as in production, and beside it a page that is nothing but one query.

``/bare/`` answers 25 rows, two joins, put together by an f-string, without Django's handler, on
the connection that the worker keeps: what the same server, driver and database can do at best.
"""

from django.db import connection

from tamky_models.wsgi import application as register

QUERY = """
    SELECT m.id, m.name, m.code, o.name, f.name
    FROM registry_practicemodel m
    JOIN registry_organisation o ON o.id = m.organisation_id
    LEFT JOIN registry_field f ON f.id = m.field_id
    WHERE m.status = 'running' ORDER BY m.sort_key, m.id LIMIT 25"""


def application(environ, start_response):
    if environ["PATH_INFO"] != "/bare/":
        return register(environ, start_response)
    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        rows = "".join(f"<tr><td>{'</td><td>'.join(map(str, row))}</td></tr>" for row in cursor)
    body = f"<!doctype html><title>bare</title><table>{rows}</table>".encode()
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [body]
