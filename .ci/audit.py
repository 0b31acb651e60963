"""What the register is made of, and whether any of it is known to be unsafe: ./dev audit.

Writes the bill of materials (CycloneDX) and asks the public list of known faults about every
package of requirements/run.txt. Without a network the list is out of reach: that is said, and
is a failure unless --offline says that it must be so.
"""

import argparse
import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LOCK = "requirements/run.txt"
FOLDER = Path(".audit")
BIN = Path(sys.executable).parent


def main():
    parser = argparse.ArgumentParser(prog="./dev audit")
    parser.add_argument("--offline", action="store_true")
    offline = parser.parse_args().offline
    FOLDER.mkdir(exist_ok=True)
    failures = [*write_bill(), *other_versions()]
    if offline:
        print("Not asked, as --offline says: whether any package is known to be unsafe.")
    else:
        failures += known_faults()
    for failure in failures:
        print(failure, file=sys.stderr)
    sys.exit(bool(failures))


def write_bill():
    """Write the bill of materials; yield a sentence if that fails."""
    bill = FOLDER / "sbom.json"
    command = ["cyclonedx-py", "requirements", LOCK, "--output-reproducible", "-o", str(bill)]
    done = run(*command)
    if done.returncode:
        yield f"The bill of materials could not be written: {done.stderr.strip()}"
    else:
        number = len(json.loads(bill.read_text())["components"])
        print(f"{bill}: {number} packages, each with the hashes of its files.")


def locked():
    """Yield the name and version of each package of the lock that this machine takes."""
    from packaging.requirements import Requirement

    for line in Path(LOCK).read_text().splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix("\\").strip())
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement.name, str(next(iter(requirement.specifier)).version)


def other_versions():
    """Yield a sentence for each package that is installed otherwise than locked."""
    packages = list(locked())
    for name, wanted in packages:
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "not installed"
        if found != wanted:
            yield f"{name}: {wanted} is locked, {found} is here."
    print(f"{len(packages)} packages compared with the lock.")


def known_faults():
    """Yield a sentence for each known fault, and for each package nobody could be asked about."""
    command = ["pip-audit", "--require-hashes", "-r", LOCK, "--disable-pip"]
    done = run(*command, "--progress-spinner", "off", "--format", "json")
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        yield f"The list of known faults is out of reach: {done.stderr.strip()[-300:]}"
        return
    for package in packages:
        for fault in package.get("vulns", ()):
            mended = ", ".join(fault["fix_versions"]) or "not mended yet"
            yield f"{package['name']} {package['version']}: {fault['id']} (mended in: {mended})"
    unanswered = [package["name"] for package in packages if "skip_reason" in package]
    print(f"{len(packages) - len(unanswered)} packages looked up in the list of known faults.")
    if unanswered:
        yield f"The list has no answer, or is out of reach, for: {', '.join(unanswered)}"


def run(program, *arguments):
    return subprocess.run([BIN / program, *arguments], capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main()
