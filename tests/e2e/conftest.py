import harness
import pytest


def pytest_generate_tests(metafunc):
    if "python" in metafunc.fixturenames:
        found = harness.pythons()
        metafunc.parametrize("python", found, ids=[harness.python_id(p) for p in found])


@pytest.fixture(scope="session", autouse=True)
def some_python_is_there():
    assert harness.pythons(), "no CPython 3.9 to 3.15 found: set WHYMEM_PYTHONS"
