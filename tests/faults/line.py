"""A network between the application and PostgreSQL that can be made slow, and cut."""

import contextlib
import socket
import threading
import time


class Line:
    """Passes on what comes over TCP to a server's socket, until it is told to behave otherwise.

    ``delay`` is how long each piece is on its way. While ``cut``, whatever is sent is taken and
    lost, and so is a new connection: nobody is told, as with a firewall that drops packets.
    """

    def __init__(self, server):
        self.server = str(server)
        self.delay = 0.0
        self.cut = False
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.listening.close()
        for end in self.open:
            end.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _address = self.listening.accept()
                far = socket.socket(socket.AF_UNIX)
                self.open += [near, far]
                with contextlib.suppress(OSError):  # while the server itself is away
                    far.connect(self.server)
                for ends in [(near, far), (far, near)]:
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(65_536):
                time.sleep(self.delay)
                if not self.cut:
                    target.sendall(piece)
        # What was cut off stays so: one end learns nothing of the other's.
        if not self.cut:
            for end in (source, target):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
