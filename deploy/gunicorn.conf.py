"""The application server: ``gunicorn -c deploy/gunicorn.conf.py tamky_models.wsgi``."""

import multiprocessing
import os

bind = os.environ.get("LISTEN", "127.0.0.1:8001")
# Each worker answers one request at a time; the database pool has a place for each.
workers = int(os.environ.get("WORKERS", 2 * multiprocessing.cpu_count() + 1))
# A request that takes longer is lost to its user anyway; a photo over a slow line is read by
# the proxy before it comes here.
timeout = 60
graceful_timeout = 30
max_requests, max_requests_jitter = 5_000, 500
# The register writes a line for each request itself, and all in one form.
accesslog = None
control_socket_disable = True
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "tamky_models.logs.AsJson"},
        "text": {"()": "tamky_models.logs.AsText"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": os.environ.get("LOG_FORMAT", "json"),
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True}},
}
