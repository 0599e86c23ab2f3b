#!/usr/bin/env python3
"""The test suites of real packages under `whymem run`: does each of their tests end as it does under python?

usage: bench/suites.py WHYMEM [--python PYTHON] [--folder FOLDER] [PACKAGE ...]

Fetches the source of each package with pip, installs it into a virtual
environment in FOLDER (default: a temporary one) together with what its tests
need, and runs its suite twice. Tests that fail in both runs are no difference.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

# Folder of the tests, what they need besides pytest, and further arguments of pytest.
PACKAGES = {
    "jinja2": ("tests", ["trio"], []),
    "click": ("tests", [], []),
    "attrs": ("tests", ["hypothesis", "cloudpickle", "pympler"], ["-k", "not hypothesis"]),
    "requests": ("tests", ["pytest-httpbin", "pytest-mock", "PySocks", "trustme"], []),
    "sqlalchemy": ("test", ["pytest-xdist", "typing_extensions"], ["test/base", "test/engine"]),
}


def pip(python, *words):
    subprocess.run([python, "-m", "pip", "-q", "--disable-pip-version-check", *words], check=True)


def prepare(options, folder):
    python = os.path.join(folder, "venv", "bin", "python")
    if not os.path.exists(python):
        subprocess.run([options.python, "-m", "venv", os.path.join(folder, "venv")], check=True)
        pip(python, "install", "pytest")
    return python


def fetch(python, package, folder):
    """The unpacked source of what is installed."""
    pip(python, "install", package, *PACKAGES[package][1])
    found = glob.glob(os.path.join(folder, f"{package}-*", ""))
    if not found:
        pip(python, "download", "--no-deps", "--no-binary", ":all:", "-d", folder, package)
        archive = glob.glob(os.path.join(folder, f"{package}-*.tar.gz"))[0]
        subprocess.run(["tar", "xzf", archive, "-C", folder], check=True)
        found = glob.glob(os.path.join(folder, f"{package}-*", ""))
    return found[0]


def outcomes(command, package, source, report):
    """How each test ended, by name, and the status of the run."""
    tests, _, more = PACKAGES[package]
    where = [] if any(word.startswith(tests + "/") for word in more) else [tests]
    done = subprocess.run([*command, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}",
                           *where, *more], cwd=source, capture_output=True, text=True)
    if not os.path.exists(report):
        sys.exit(f"{package}: pytest wrote no report:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    found = {}
    for case in tree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        found[name] = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")
    os.unlink(report)
    return found, done.returncode


def compare(options, package, folder):
    python = prepare(options, folder)
    source, report = fetch(python, package, folder), os.path.join(folder, "report.xml")
    plain, status = outcomes([python], package, source, report)
    traced, traced_status = outcomes(
        [options.whymem, "run", "-o", os.path.join(folder, f"{package}.txt"), "--python", python],
        package, source, report)
    changed = sorted(name for name in {*plain, *traced} if plain.get(name) != traced.get(name))
    passed = sum(outcome == "passed" for outcome in plain.values())
    print(f"{package}: {len(plain)} tests, {passed} passed, {len(changed)} end otherwise under whymem run"
          f"{'' if status == traced_status else f', status {traced_status} instead of {status}'}", flush=True)
    for name in changed:
        print(f"  {name}: {plain.get(name)}, traced {traced.get(name)}")
    return not changed and status == traced_status


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("whymem", type=os.path.abspath)
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help=", ".join(PACKAGES))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--folder", type=os.path.abspath)
    options = parser.parse_intermixed_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or temporary
        os.makedirs(folder, exist_ok=True)
        same = [compare(options, package, folder) for package in options.packages or ("jinja2", "click", "requests")]
    sys.exit(not all(same))


if __name__ == "__main__":
    main()
