"""What may a test ask of the machine, and what happens when it is not there?

A test that needs something calls ``require(name, reason)`` when it is missing: that skips the
test with the reason, or fails it if ``name`` is listed in ``FORETELL_REQUIRE`` (comma-separated),
so that the gates cannot become green by skipping.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=300,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # the machine is shared
)
# A long hunt, never in CI: FORETELL_HYPOTHESIS=deep.
settings.register_profile(
    "deep",
    max_examples=20_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("FORETELL_HYPOTHESIS", "dev"))


def _require(name: str, reason: str) -> None:
    """Skip because ``name`` is missing; fail if it is listed in ``FORETELL_REQUIRE``."""
    listed = os.environ.get("FORETELL_REQUIRE", "").replace(",", " ").split()
    if name in listed:
        pytest.fail(f"{name} is required here (FORETELL_REQUIRE): {reason}", pytrace=False)
    pytest.skip(f"{name}: {reason}")


@pytest.fixture(scope="session")
def require():
    """Return ``require(name, reason)``, to be called when the test's need is not met."""
    return _require


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("root") and os.geteuid() != 0:
        _require("root", "this test needs root")
