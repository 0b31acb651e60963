"""What the application server loads: ``tamky_models.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

from tamky_models.limits import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tamky_models.settings")

application = get_wsgi_application()
limit_statements()
