"""What the application server loads: ``tamky_models.wsgi:application``."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from tamky_models.limits import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tamky_models.settings")

# More than half of 512 kB in slots of 8 bytes, so that as much again is left for what is called.
ROOM = 2**15

handler = get_wsgi_application()
# The views as well, which Django loads with the first request: its time is for its own work.
get_resolver().url_patterns  # noqa: B018
limit_statements()


def application(environ, start_response):
    return handler(environ, start_response)


# CPython up to 3.12 gives its calls room in pieces of 16 kB, gets one more from the system for a
# call that does not fit into the last and gives it back as that call ends (its issue 142183). Where
# a loop of a template happens to lie there, that is hundreds of times a page and a quarter of its
# time. A function that says it needs much gets one large piece, and all it calls stays within.
application.__code__ = application.__code__.replace(co_stacksize=ROOM)

# What is loaded by now stays to the end: the collector of garbage need not walk through it again
# and again, which is a tenth of the time of a page.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
