"""What the application server loads: ``tamky_models.wsgi:application``."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from tamky_models.limits import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tamky_models.settings")

application = get_wsgi_application()
limit_statements()
# What is loaded by now stays to the end: the collector of garbage need not walk through it again
# and again, which is a tenth of the time of a page.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
