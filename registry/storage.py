"""Where uploaded files lie: in a folder that no address leads to."""

import os
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.files.storage import FileSystemStorage

_saved = ContextVar("files saved in this block", default=None)


class PrivateStorage(FileSystemStorage):
    """Files under MEDIA_ROOT, without an address of their own.

    A view that has checked who asks sends them.
    """

    def __init__(self, **kwargs):
        super().__init__(base_url=None, file_permissions_mode=0o640, **kwargs)

    def url(self, name):
        raise ValueError("A private file has no address; ask the view of its record.")

    def _save(self, name, content):
        """Have the file on the disk before its row is; leave no part of it where that fails."""
        try:
            name = super()._save(name, content)
            for path in (self.path(name), os.path.dirname(self.path(name))):
                _flush(path)
        except OSError:
            self.delete(name)
            raise
        return name

    def write_over(self, name, content):
        """Put other bytes into a file that is there; it stays that of its owner.

        Who runs this may be root, whose new file the application could not read.
        """
        with open(self.path(name), "r+b") as file:
            file.write(content)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def save(self, name, content, max_length=None):
        name = super().save(name, content, max_length)
        if (saved := _saved.get()) is not None:
            saved.append((self, name))
        return name


def _flush(path):
    """Let a power cut not take what was written: the database does the same for its rows."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def files_follow_the_transaction():
    """Delete the files saved in the block again when it fails, as its rows are rolled back.

    To be put around ``transaction.atomic()``, so that a failing commit counts as well. Within
    another such block its files go on to that one, whose transaction decides on both.

    The storage notes what it saves, rather than the caller: who forgets to tell leaves files
    behind. A context variable, because several threads save at the same time.
    """
    outer = _saved.get()
    saved = []
    token = _saved.set(saved)
    try:
        yield
    except BaseException:
        for storage, name in saved:
            storage.delete(name)
        raise
    else:
        if outer is not None:
            outer.extend(saved)
    finally:
        _saved.reset(token)
