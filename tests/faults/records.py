"""The record in other hands: backed up amid writing, put back elsewhere."""

import threading
import time

from tests.faults.crashes import a_photo, check_files
from tests.faults.experiment import experiment, judge
from tests.faults.posts import Posts
from tests.faults.races import decided, sent_model
from tests.faults.register import Register


@experiment("F13")
def backup_amid_posts(register, report, sizes):
    """Back up while people post, restore elsewhere, and look what is there."""
    register.start()
    posts = Posts(register, report.account, photo=a_photo(0.2))
    tokens = posts.tokens(sizes.photos * 6)
    third = len(tokens) // 3
    posts.send_all(tokens[:third], 4)
    before = set(report.account.acknowledged)
    posting = threading.Thread(target=posts.send_all, args=(tokens[third:], 4))
    posting.start()
    folder = register.folder / "backups"
    begun = time.monotonic()
    register.manage("backup", str(folder))
    taken = time.monotonic() - begun
    meanwhile = len(report.account.acknowledged - before)
    report.check("people post all the while", posting.is_alive() and meanwhile)
    posting.join()
    register.stop()
    report.check("no post fails", set(posts.statuses) == {302}, posts.said())
    (place,) = folder.iterdir()

    elsewhere = Register(register.database, register.folder)
    elsewhere.people, elsewhere.sessions = register.people, register.sessions
    elsewhere.environment["STATIC_ROOT"] = register.environment["STATIC_ROOT"]
    begun = time.monotonic()
    elsewhere.manage("restore", str(place))
    restored = time.monotonic() - begun
    Posts(elsewhere, report.account).read()
    # What came later may be in the backup, and need not.
    report.account.acknowledged = before
    check_files(elsewhere, report)
    judge(elsewhere, report)
    elsewhere.start()
    page = elsewhere.visitor(register.people["units"][0]).get("/models/")
    report.check("whoever was signed in reads it", page.status == 200, page.status)
    elsewhere.stop()
    report.note(
        f"backup in {taken:.1f} s, {meanwhile} posts meanwhile; restored in {restored:.1f} s"
    )


# Beside the histories, whose names say what they are.
WRITTEN_ONCE = ("registry_move", "registry_securityevent")
# As the application on PostgreSQL might try; on SQLite whoever can write can do these as well.
OF_THE_OWNER = (
    "TRUNCATE registry_move CASCADE",
    "ALTER TABLE registry_move DISABLE TRIGGER ALL",
    "DROP TABLE registry_move CASCADE",
    "SET session_replication_role = replica",
)


@experiment("F20")
def tampered_with(register, report, sizes):
    """Change the record with the rights of the application, then, past all guards, a byte of it."""
    register.start()
    posts = Posts(register, sending=True, photo=a_photo(0.2))
    posts.send_all(posts.tokens(3), 3)
    model = sent_model(register)
    decided(register, model)
    register.stop()
    tables = written_once(register)
    columns = {table: names for table, names in register.columns().items() if table in tables}
    before = register.contents(columns)
    report.account.attempted = report.account.acknowledged = set(before)
    through, tried = [], 0
    with register.database.connected_as_application(register.name) as connection:
        statements = [
            statement
            for table in tables
            for statement in (f"UPDATE {table} SET seal = ''", f"DELETE FROM {table}")
        ]
        if register.database.key == "postgres":
            statements += OF_THE_OWNER
        for statement in statements:
            tried += 1
            try:
                connection.execute(statement)
            except register.database.Error:
                continue
            through.append(statement)
    report.check("the application can change nothing of the record", not through, through[:3])
    report.account.read = register.contents(columns)
    judge(register, report)
    if through:
        return

    named = 0
    for table, keys, change, undo in tamperings(register, model):
        register.database.do_without_triggers(register.name, change)
        done = register.manage("verify_history", check=False)
        finds = any(f"{table}: entry {key}," in done.stderr for key in keys)
        report.check(
            f"verify_history exits 1 and names it: {change}",
            done.returncode == 1 and finds,
            f"{done.returncode} {done.stderr.strip()[-300:]}",
        )
        named += finds
        if undo:
            register.database.do_without_triggers(register.name, undo)
    report.note(
        f"{tried} statements on {len(tables)} tables refused; "
        f"{named} of 3 changes by the owner named"
    )


def written_once(register):
    """Return the tables of the record that hold something."""
    return [
        table
        for table, names in register.columns().items()
        if (table in WRITTEN_ONCE or "_historical" in table)
        and "seal" in names
        and register.rows(f"SELECT COUNT(*) FROM {table}") != [(0,)]
    ]


def tamperings(register, model):
    """Yield table, entries that show it, change and undoing: two of a byte, one of a whole row."""
    history = "registry_historicalpracticemodel"
    keys = [
        key
        for (key,) in register.rows(
            f"SELECT history_id FROM {history} WHERE id = {model} ORDER BY history_id"
        )
    ]
    where = f"UPDATE {history} SET place = '{{}}' WHERE history_id = {keys[1]}"
    ((place,),) = register.rows(f"SELECT place FROM {history} WHERE history_id = {keys[1]}")
    yield history, keys[1:2], where.format(f"{place[:-1]}?"), where.format(place)
    ((move, name),) = register.rows(
        f"SELECT id, name FROM registry_move WHERE model_id = {model} AND name <> 'submit'"
    )
    where = f"UPDATE registry_move SET name = '{{}}' WHERE id = {move}"
    yield "registry_move", [move], where.format(f"{name[:-1]}?"), where.format(name)
    yield history, keys[1:], f"DELETE FROM {history} WHERE history_id = {keys[1]}", ""
