"""ClamAV, where its address is set: asked about each file before anybody may open it."""

import socket
import struct

from django.conf import settings

SECONDS = 20
PIECE = 64 * 1024


class ScannerAway(Exception):
    """The scanner does not answer, or says that it cannot tell; its message says why."""


def is_set():
    return bool(settings.CLAMAV_ADDRESS)


def found_in(content):
    """Return the name of the virus in these bytes, "" if there is none.

    Speaks INSTREAM as clamd(8) has it: pieces, each behind its length, the last one empty.
    Raise ScannerAway where nobody can tell.
    """
    try:
        with _connected() as connection:
            connection.sendall(b"zINSTREAM\0")
            for at in range(0, len(content), PIECE):
                piece = content[at : at + PIECE]
                connection.sendall(struct.pack("!I", len(piece)) + piece)
            connection.sendall(struct.pack("!I", 0))
            answer = connection.makefile("rb").read(1000).rstrip(b"\0\n").decode(errors="replace")
    except OSError as error:
        raise ScannerAway(str(error)) from error
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    raise ScannerAway(answer or "no answer")


def _connected():
    address = settings.CLAMAV_ADDRESS
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(SECONDS)
        try:
            connection.connect(address.removeprefix("unix:"))
        except OSError:
            connection.close()
            raise
        return connection
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=SECONDS)
