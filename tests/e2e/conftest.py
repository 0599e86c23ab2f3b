import os
import re
import shutil
import tempfile
import zlib

import harness
import pytest
import test_cases


def pytest_generate_tests(metafunc):
    if "python" in metafunc.fixturenames:
        found = harness.pythons()
        metafunc.parametrize("python", found, ids=[harness.python_id(p) for p in found])


@pytest.fixture(scope="session", autouse=True)
def some_python_is_there():
    assert harness.pythons(), "no CPython 3.9 to 3.15 found: set WHYMEM_PYTHONS"


@pytest.fixture
def other_user():
    """Keywords for harness.run(): as `nobody`, by a copy of whymem that everybody can reach."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become another user")

    def become_nobody():
        os.setgid(65534)
        os.setuid(65534)

    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield {"whymem": shutil.copy(harness.WHYMEM, folder), "preexec_fn": become_nobody, "cwd": "/"}


@pytest.fixture
def once(python):
    """For what differs from Python to Python in nothing: one of those that are traced."""
    if python != next((path for path in harness.pythons() if harness.version_of(path)[:2] == (3, 12)), harness.pythons()[0]):
        pytest.skip("met on one Python only")


def loader_of(program):
    with open(program, "rb") as file:
        return os.path.realpath(re.search(rb"/[^\0]*/ld-linux[^\0]*", file.read(4096))[0])


@pytest.fixture
def followed_from_shell(python):
    """Programs of this host hand the agent of `whymem run` on to those that have their own loader."""
    if loader_of(python) != loader_of("/bin/sh"):
        pytest.skip("this Python has a loader of its own")


def is_left_out(item):
    """Our own cases meet one Python each, all Pythons among them, unless WHYMEM_EVERY=yes."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    if item.path.name != "test_cases.py" or params["name"][0].isdigit() or os.environ.get("WHYMEM_EVERY"):
        return False
    pythons = [python for python in harness.pythons() if test_cases.CASES[params["name"]].may_run_on(python)]
    return bool(pythons) and params["python"] != pythons[zlib.crc32(params["name"].encode()) % len(pythons)]


def pytest_collection_modifyitems(config, items):
    """With `-n 2 --dist loadgroup`: what shares a running target stays together."""
    left_out = [item for item in items if is_left_out(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        place = f"{params.get('python', '')} {params.get('name', item.path.name)}"
        item.add_marker(pytest.mark.xdist_group(place))
