"""What every test can count on."""

import copy
import gc
import os

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, Phase, settings

from tests.sharing import SharedDatabase

# The same examples each time, so that a failure is one for everybody; "long" draws others and
# takes the minutes to find the shortest that fails: --hypothesis-profile=long
OF_THE_SUITE = settings(
    derandomize=True,
    max_examples=15,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    # A world is built once; each example is taken back in a savepoint.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("suite", OF_THE_SUITE)
settings.register_profile("long", OF_THE_SUITE, derandomize=False, max_examples=500, phases=Phase)
settings.load_profile("suite")


def pytest_collection_finish():
    """Have the collector of garbage pass over what stays to the end: a sixth of all time else."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


# The modules that take longest. A worker is given its share of all tests at the start and, when it
# has done with them, takes over from the end of another's: only short ones are left by then.
LONGEST = (
    "browser/test_pages.py",
    "test_permissions.py",
    "browser/test_road.py",
    "test_languages.py",
    "browser/test_keeping.py",
    "test_bad_input.py",
    "test_admin.py",
    "test_random_moves.py",
    "registry/test_files.py",
    "reviews/test_generate_sample.py",
    "test_hostile_text.py",
    "test_backups.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """On PostgreSQL leave out what was seen on SQLite and cannot be otherwise here; then deal."""
    if connection.vendor == "postgresql":
        seen = [item for item in items if item.get_closest_marker("look")]
        items[:] = [item for item in items if item not in seen]
        config.hook.pytest_deselected(items=seen)
    items[:] = dealt(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1)))


def dealt(items, workers):
    """Return the tests in the order in which as many workers are given them, share by share.

    The first begins with what needs the database, and so makes it; the others meanwhile do what
    needs none. Then comes what takes longest. A module stays together, for its tests share a world.
    """
    shares = [[] for _ in range(workers)]
    without = [item for item in items if not _needs_database(item)]
    for number, item in enumerate(without):
        shares[-1 - number % max(workers - 1, 1)].append(item)
    others = [item for item in items if item not in set(without)]
    for number, name in enumerate(LONGEST):
        long = [item for item in others if item.path.as_posix().endswith(f"tests/{name}")]
        shares[number % workers] += long
        others = [item for item in others if item not in set(long)]
    left = len(items)
    for number, share in enumerate(shares):
        room = left // (workers - number) - len(share)
        share += others[: max(room, 0)]
        del others[: max(room, 0)]
        left -= len(share)
    return [item for share in shares for item in share] + others


def _needs_database(item):
    return item.get_closest_marker("django_db") or "django_db_setup" in item.fixturenames


@pytest.fixture(scope="session")
def shared_database(request, tmp_path_factory):
    """Return where the workers of this run share the database they begin with, if it has any."""
    if not hasattr(request.config, "workerinput"):
        return None
    run = request.config.workerinput["testrunuid"]
    shared = SharedDatabase(tmp_path_factory.getbasetemp().parent, run[:12])
    shared.take()
    return shared


@pytest.fixture(scope="session")
def django_db_setup(shared_database, django_db_setup, django_db_blocker):
    """End what threads of a test left connected, or the test database could not be dropped."""
    if shared_database:
        with django_db_blocker.unblock():
            shared_database.leave()
    yield
    if shared_database:
        with django_db_blocker.unblock():
            shared_database.drop()
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session", autouse=True)
def append_only_tables_can_be_flushed():
    """Let a transactional test empty the tables whose triggers forbid deleting, and no one else."""
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_without_triggers(self, sql_list):
        with self.connection.cursor() as cursor:
            if self.connection.vendor == "postgresql":
                cursor.execute("SET session_replication_role = replica")
                flush(self, sql_list)
                cursor.execute("SET session_replication_role = DEFAULT")
            else:
                cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                triggers = cursor.fetchall()
                for name, _sql in triggers:
                    cursor.execute(f'DROP TRIGGER "{name}"')
                flush(self, sql_list)
                for _name, sql in triggers:
                    cursor.execute(sql)

    operations.execute_sql_flush = flush_without_triggers
    yield
    operations.execute_sql_flush = flush


@pytest.fixture(autouse=True)
def rules_of_the_register_hold_at_the_end(request):
    """Ask after each test that commits, browsers and races among them, what must be true."""
    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction")
    if commits or {"transactional_db", "live_server"} & set(request.fixturenames):
        request.getfixturevalue("transactional_db")
        yield
        from registry.invariants import findings

        assert list(findings()) == []
    else:
        yield


@pytest.fixture(scope="module")
def one_world(django_db_setup, django_db_blocker):
    """Build a record of each kind in each state, once for a module whose tests all want it."""
    from tests import permissions_world

    with django_db_blocker.unblock(), transaction.atomic():
        yield permissions_world.build()
        transaction.set_rollback(True)


@pytest.fixture
def world(one_world, db):
    """Return what :func:`one_world` has built; what the test stores is taken back at its end."""
    return copy.deepcopy(one_world)


@pytest.fixture
def in_threads():
    """Run functions at the same moment, each in a thread with a database connection of its own.

    Returns what each gave back, or the exception it raised, in the order of the functions.
    """
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    def run(*functions):
        barrier = Barrier(len(functions))

        def call(function):
            try:
                barrier.wait(timeout=20)
                return function()
            except Exception as error:
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(max_workers=len(functions)) as pool:
            return list(pool.map(call, functions))

    return run
