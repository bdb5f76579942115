"""Do real kernels weigh, rank and place memory as predicted?

One random machine for each of three kernels; ``foretell memory check`` asks as many as one likes.
"""

from __future__ import annotations

import os

import pytest

from foretell.cli.main import main
from foretell.memory.guest_check import KINDS, check_case
from foretell.oracle.guest_cases import draw_case
from tests.oracle.real_guests import guests_or_skip

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(600)]

SEED = os.environ.get("FORETELL_SEED", "1")


@pytest.mark.parametrize("kernel", ["6.12", "6.18", "7.3"])
def test_a_real_kernel_does_what_is_predicted(kernel, require):
    parts = guests_or_skip(require, kernel)
    found = check_case(parts, kernel, draw_case(f"{SEED}-{kernel}-0"))
    assert found.differences == []
    assert all(found.counts[kind] for kind in KINDS), found.counts


def test_a_wrong_prediction_is_noticed(require, monkeypatch, capsys):
    guests_or_skip(require, "7.3")
    monkeypatch.setattr("foretell.memory.weights.SCALE", 31)
    assert main(["memory", "check", "--kernels", "7.3", "--seed", "x"]) == 1
    assert "differs: kernel 7.3, x-7.3-0, weights: all: predicted" in capsys.readouterr().out
