"""Run the fault experiments and print their table: ``./dev faults``."""

import argparse
import os
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

from tests.faults.accounting import HEAD, Report, exit_code
from tests.faults.databases import BOTH
from tests.faults.experiment import EXPERIMENTS, Impossible, Sizes
from tests.faults.register import WORKERS, Register

# Each adds its experiments.
for name in (
    "away",
    "crashes",
    "exports",
    "imports",
    "mail",
    "races",
    "records",
    "sessions",
    "soak",
    "upgrades",
    "uploads",
):
    import_module(f"tests.faults.{name}")


def main():
    parser = argparse.ArgumentParser(prog="./dev faults", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="F1", help="these experiments")
    parser.add_argument("--database", choices=list(BOTH), help="on this database only")
    parser.add_argument("--posts", type=int, default=0, help="how many posts, where it is many")
    parser.add_argument("--full", action="store_true", help="the numbers of the full table")
    given = parser.parse_args()
    known = [experiment.key for experiment in EXPERIMENTS]
    if unknown := set(given.only or ()) - set(known):
        parser.error(f"no such experiment: {', '.join(sorted(unknown))}; known: {' '.join(known)}")
    sizes = Sizes.full() if given.full else Sizes()
    if given.posts:
        sizes.posts = given.posts
    wanted = [one for one in EXPERIMENTS if not given.only or one.key in given.only]

    print(f"{WORKERS} workers on {os.cpu_count()} processors; {sizes}")
    print(f"\n{HEAD}")
    reports = []
    for database in [given.database] if given.database else list(BOTH):
        with tempfile.TemporaryDirectory(prefix="tamky-models-") as folder:
            reports += list(carried_out(wanted, BOTH[database], Path(folder), sizes))
    failed = [report for report in reports if not report.passed]
    print(f"\n{len(reports) - len(failed)} of {len(reports)} passed.")
    sys.exit(exit_code(reports))


def carried_out(wanted, kind, folder, sizes):
    """Carry the experiments out on one database, printing each as it ends."""
    database = kind(folder)
    database.start()
    try:
        template = Register(database, folder)
        template.fill()
        for experiment in wanted:
            if kind.key in experiment.databases:
                report = carry_out(experiment, database, folder, template, sizes)
                print("\n".join(report.lines()), flush=True)
                yield report
    finally:
        database.stop()


def carry_out(experiment, database, folder, template, sizes):
    report = Report(experiment.key, database.name)
    register = Register(database, folder, template=template)
    try:
        experiment.run(register, report, sizes)
    except Impossible as error:
        report.impossible = str(error)
    except (Exception, SystemExit) as error:  # the others go on; this one has failed
        report.check("the experiment came to its end", False, f"{type(error).__name__}: {error}")
        traceback.print_exc()
    finally:
        register.stop()
        report.end()
        database.drop(register.name)
    return report


if __name__ == "__main__":
    main()
