"""A browser without a screen: cookies, forms and their CSRF token, over a socket."""

import html
import http.client
import http.cookies
import re
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode


class NoAnswer(Exception):
    """The connection broke, or was never made: the sender does not know what became of it."""


@dataclass
class Answer:
    status: int
    location: str
    text: str
    seconds: float

    def hidden(self, name):
        """Return the value of a hidden field of the page."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        return html.unescape(found.group(1)) if found else ""


class Visitor:
    def __init__(self, port, cookies=None):
        self.port = port
        self.cookies = dict(cookies or {})

    def get(self, path):
        return self._ask("GET", path)

    def post(self, path, fields, files=()):
        """Send a form; ``files`` are pairs of a field's name and a file's name and content."""
        token = {"csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}
        if files:
            return self._ask("POST", path, *multipart({**token, **fields}, files))
        body = urlencode({**token, **fields}, doseq=True).encode()
        return self._ask("POST", path, body, "application/x-www-form-urlencoded")

    def sign_in(self, username, password, then=""):
        path = "/accounts/login/" + (f"?{urlencode({'next': then})}" if then else "")
        self.get(path)
        fields = {"login": username, "password": password, "next": then}
        return self.post(path, fields)

    def _ask(self, method, path, body=None, content_type=""):
        headers = {"Cookie": "; ".join(f"{name}={it}" for name, it in self.cookies.items())}
        if content_type:
            headers["Content-Type"] = content_type
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=70)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(repr(error)) from error
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in http.cookies.SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        location = response.headers.get("Location", "")
        return Answer(response.status, location, text, time.monotonic() - begun)


def multipart(fields, files):
    boundary = uuid.uuid4().hex
    parts = []
    for name, value in fields.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts.append(f"{head}{value}\r\n".encode())
    for name, (file_name, content) in files:
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; '
            f'filename="{file_name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        parts += [head.encode(), content, b"\r\n"]
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
