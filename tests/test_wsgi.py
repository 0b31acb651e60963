"""What the application server loads."""

import os
import subprocess
import sys

from django.conf import settings

# Asks for a page from ever deeper within calls, and says how often at most the system had to be
# asked for memory while one was made.
DEEPER_AND_DEEPER = """
import io, resource, sys
from tamky_models.wsgi import application

assert "reviews.views.home" in sys.modules  # and so is not loaded in somebody's time

def page():
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/accounts/password/reset/",
        "SERVER_NAME": "testserver", "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }
    statuses = []
    response = application(environ, lambda status, headers: statuses.append(status))
    response.close()
    assert statuses == ["200 OK"], statuses

def deeper(calls):
    return deeper(calls - 1) if calls else measured()

def measured():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    page()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

for _time in range(5):
    page()
print(max(min(deeper(calls) for _time in range(3)) for calls in range(120)))
"""


def test_the_views_are_loaded_and_a_page_is_given_room_once_however_deep_the_server_calls_for_it():
    done = subprocess.run(
        [sys.executable, "-c", DEEPER_AND_DEEPER],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert int(done.stdout) < 60
