import harness
import pytest


def pytest_generate_tests(metafunc):
    if "python" in metafunc.fixturenames:
        found = harness.pythons()
        metafunc.parametrize("python", found, ids=[harness.python_id(p) for p in found])


@pytest.fixture(scope="session", autouse=True)
def some_python_is_there():
    assert harness.pythons(), "no CPython 3.9 to 3.15 found: set WHYMEM_PYTHONS"


def pytest_collection_modifyitems(items):
    """With `-n 2 --dist loadgroup`: what shares a running target stays together."""
    for item in items:
        case = item.callspec.params.get("name") if hasattr(item, "callspec") else None
        python = item.callspec.params.get("python") if hasattr(item, "callspec") else None
        if item.get_closest_marker("xdist_group") is None:
            place = f"{python} {case}" if case else f"{item.path.name} {python or ''}"
            item.add_marker(pytest.mark.xdist_group(place))
