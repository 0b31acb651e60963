"""The application server: ``gunicorn -c deploy/gunicorn.conf.py tamky_models.wsgi``."""

import multiprocessing
import os

bind = os.environ.get("LISTEN", "127.0.0.1:8001")
# Each worker answers one request at a time, over a connection of its own to the database.
workers = int(os.environ.get("WORKERS", 2 * multiprocessing.cpu_count() + 1))
# The last resort: the register itself ends what takes longer than LONG_REQUEST_SECONDS.
longest = int(os.environ.get("LONG_REQUEST_SECONDS", "120"))
timeout = longest + 30
# Told to stop, it finishes what it has begun.
graceful_timeout = longest
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
