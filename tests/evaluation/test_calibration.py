"""Calibration: samples whose error is known, bounds, and curves worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dialog_s2s.evaluation.calibration import (
    calibration_error,
    coverage_at,
    coverage_curve,
    reliability,
    roc_area,
)

samples = st.lists(
    st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 3)), min_size=1, max_size=30
)


def arrays(*columns: object) -> list[NDArray[np.float64]]:
    return [np.array(column, dtype=np.float64) for column in columns]


def drawn(skew: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Confidences, and replies that are right with that chance to the power `skew`."""
    random = np.random.default_rng(3)
    confidence = random.random(20_000)
    return confidence, (random.random(20_000) < confidence**skew).astype(np.float64)


def test_calibrated_and_overconfident_samples() -> None:
    confidence, right = drawn(1)
    assert calibration_error(confidence, right, np.ones(20_000)) < 0.02
    confidence, right = drawn(3)
    # the mean of c - c³ over 0..1 is 1/4
    assert calibration_error(confidence, right, np.ones(20_000)) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(
    ("confidence", "right", "error"),
    [
        ([1.0, 1.0], [1, 1], 0.0),
        ([1.0, 1.0], [0, 0], 1.0),
        ([0.9, 0.95, 1.0, 0.15], [1, 1, 0, 0], ((2.85 - 2) + 0.15) / 4),
        ([0.5, 0.5], [1, 0], 0.0),
        ([0.2, 0.7], [1, 0], 0.75),
    ],
)
def test_errors_by_hand(confidence: list[float], right: list[int], error: float) -> None:
    assert calibration_error(*arrays(confidence, right, [1] * len(right))) == pytest.approx(error)


@pytest.mark.parametrize(
    ("confidence", "right", "area"),
    [
        ([0.1, 0.9], [0, 1], 1.0),
        ([0.9, 0.1], [0, 1], 0.0),
        ([0.5, 0.5], [0, 1], 0.5),
        ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.75),
    ],
)
def test_areas_by_hand(confidence: list[float], right: list[int], area: float) -> None:
    assert roc_area(*arrays(confidence, right, [1] * len(right))) == pytest.approx(area)


def test_where_there_is_nothing_to_tell() -> None:
    none = np.zeros(0)
    assert math.isnan(calibration_error(none, none, none))
    assert math.isnan(roc_area(none, none, none))
    assert math.isnan(roc_area(*arrays([0.3, 0.4], [1, 1], [1, 1])))
    assert reliability(none, none) == []
    assert coverage_curve(none, none, 3) == []
    assert coverage_at([], 0.95) == 0


@given(sample=samples)
def test_bounds_weights_and_order(sample: list[tuple[float, bool, int]]) -> None:
    confidence, right, times = arrays(*zip(*sample, strict=True))
    listed = np.repeat(np.arange(len(sample)), times.astype(int))
    for measure in (calibration_error, roc_area):
        found = measure(confidence, right, times)
        assert math.isnan(found) or 0 <= found <= 1 + 1e-9
        ones = np.ones(len(listed))
        for order in (listed, listed[::-1]):
            other = measure(confidence[order], right[order], ones)
            assert found == pytest.approx(other, nan_ok=True)


@given(sample=samples)
def test_turned_round_the_area_is_what_is_left(sample: list[tuple[float, bool, int]]) -> None:
    confidence, right, times = arrays(*zip(*sample, strict=True))
    one, other = roc_area(confidence, right, times), roc_area(confidence, 1 - right, times)
    told = (right * times).any() and ((1 - right) * times).any()
    assert one + other == pytest.approx(1 if told else math.nan, nan_ok=True)


def test_reliability_by_hand() -> None:
    low, high = reliability(*arrays([0.05, 0.92, 0.98, 1.0], [0, 1, 1, 0]))
    assert (low.low, low.high, low.count, low.accuracy) == (0.0, 0.1, 1, 0.0)
    assert (high.low, high.high, high.count) == (0.9, 1.0, 3)
    assert high.confidence == pytest.approx(2.9 / 3)
    assert high.accuracy == pytest.approx(2 / 3)


@given(sample=samples)
def test_the_bins_add_up_to_the_error(sample: list[tuple[float, bool, int]]) -> None:
    confidence, right, _ = arrays(*zip(*sample, strict=True))
    bins = reliability(confidence, right)
    assert sum(each.count for each in bins) == len(sample)
    error = sum(each.count * abs(each.confidence - each.accuracy) for each in bins) / len(sample)
    assert calibration_error(confidence, right, np.ones(len(sample))) == pytest.approx(error)


def test_a_coverage_curve_by_hand() -> None:
    curve = coverage_curve(*arrays([0.9, 0.2, 0.5, 0.5], [1, 0, 1, 0]), 5)
    found = [(each.threshold, each.coverage, each.accuracy) for each in curve]
    assert found == [
        (0.9, pytest.approx(1 / 5), 1.0),
        (0.5, pytest.approx(3 / 5), pytest.approx(2 / 3)),
        (0.2, pytest.approx(4 / 5), pytest.approx(2 / 4)),
    ]
    assert coverage_at(curve, 0.95) == pytest.approx(1 / 5)
    assert coverage_at(curve, 0.5) == pytest.approx(4 / 5)
    assert coverage_at(curve[1:], 0.95) == 0


@given(sample=samples)
def test_a_curve_covers_more_as_the_threshold_falls(sample: list[tuple[float, bool, int]]) -> None:
    confidence, right, _ = arrays(*zip(*sample, strict=True))
    curve = coverage_curve(confidence, right, len(sample))
    assert [each.threshold for each in curve] == sorted(set(confidence.tolist()), reverse=True)
    for each in curve:
        kept = confidence >= each.threshold
        assert each.coverage == pytest.approx(kept.mean())
        assert each.accuracy == pytest.approx(right[kept].mean())
