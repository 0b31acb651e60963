"""What the register writes while it runs: one line an event, to be read by people or machines.

Each line says which request it belongs to: by the number that stands in the history of what the
request has changed, in its answer, and on the page of a fault. It names people by number only,
says addresses without what follows the question mark, and never a password or a cookie.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

from django.utils.functional import empty

answering = ContextVar("answering", default=None)

# Nothing of ours writes such a thing; this is for what an error message brings with it.
SECRET = re.compile(
    r"""(?ix)
    (\b[\w-]*(?:password|passwd|secret|token|cookie|sessionid|authorization|api[_-]?key)[\w-]*
      ["']?\s*[=:]\s*\[?(?P<quote>["'])?(?:(?:basic|bearer)\s+)?)
    (?(quote)(?:\\.|(?!(?P=quote)).)+|[^\s"'&,;)]+)
    """
)
SECRET_IN_ADDRESS = re.compile(r"(://[^\s:/@]*:)[^\s@]+(?=@)")
HIDDEN = r"\1…"


def without_secrets(text):
    """Return the text with what stands after the name of a secret left out."""
    return SECRET_IN_ADDRESS.sub(HIDDEN, SECRET.sub(HIDDEN, text))


def in_one_line(text):
    """Return the text with line breaks, and all else that does not show, written out."""
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def of_request(request):
    """Return what a line says of the request that is being answered; asks no database."""
    if request is None:
        return {}
    user = getattr(request, "user", None)
    is_known = user is not None and getattr(user, "_wrapped", None) is not empty
    return {
        "request": str(getattr(request, "id", "")) or None,
        "user": user.pk if is_known else None,
        "address": request.META.get("REMOTE_ADDR") or None,
        "method": request.method,
        "path": request.path,
    }


class AsJson(logging.Formatter):
    """For machines: an object in a line, its time in UTC."""

    def format(self, record):
        event = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
            **of_request(answering.get()),
        }
        for name in ("status", "duration_ms"):
            if hasattr(record, name):
                event[name] = getattr(record, name)
        if record.exc_info:
            event["exception"] = without_secrets(self.formatException(record.exc_info))
        return in_one_line(json.dumps(event, ensure_ascii=False, default=str))


class AsText(logging.Formatter):
    """For people at a terminal; a traceback keeps its lines."""

    def format(self, record):
        request = of_request(answering.get())
        said = [
            self.formatTime(record),
            record.levelname,
            record.name,
            in_one_line(without_secrets(record.getMessage())),
        ]
        if hasattr(record, "duration_ms"):
            said.append(f"{record.duration_ms} ms")
        if request:
            said.append(f"[{request['request']} user={request['user']}]")
        line = " ".join(said)
        if record.exc_info:
            line = f"{line}\n{without_secrets(self.formatException(record.exc_info))}"
        return line
