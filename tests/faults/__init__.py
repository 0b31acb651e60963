"""The fault experiments of ``./dev faults``: servers killed, databases away, disks full.

Each runs against real servers, a database and folders of its own, with clients on sockets, and
is judged by what can be read at the end. They take minutes, so they are a command and no tests;
only their accounting is tested, in ``test_accounting.py``.
"""
