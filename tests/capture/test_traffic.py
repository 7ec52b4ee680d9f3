import json

import pytest

from noria.capture.traffic import PRIOR_SCORE, TrafficMeans


def seen(score: float, times: int) -> TrafficMeans:
    means = TrafficMeans()
    for _ in range(times):
        means.observe({"LowConfidence": score})
    return means


def test_a_rule_never_seen_has_the_prior_mean() -> None:
    assert TrafficMeans().means(("LowConfidence",)) == {"LowConfidence": PRIOR_SCORE}


def test_the_mean_approaches_the_scores() -> None:
    assert seen(0.8, 5000).means()["LowConfidence"] == pytest.approx(0.8, abs=0.02)


def test_old_traffic_fades() -> None:
    means = seen(0.8, 5000)
    for _ in range(10_000):
        means.observe({"LowConfidence": 0.1})
    assert means.means()["LowConfidence"] == pytest.approx(0.1, abs=0.02)


def test_two_halves_merge_into_the_whole() -> None:
    left, right = seen(0.2, 100), seen(0.6, 100)
    left.merge(right)
    assert left.means()["LowConfidence"] == pytest.approx((40 * 2 + 50 * PRIOR_SCORE) / 250, abs=0.01)


def test_merging_does_not_outgrow_the_memory() -> None:
    means = seen(0.2, 5000)
    for _ in range(20):
        means.merge(seen(0.2, 5000))
    for _ in range(10_000):
        means.observe({"LowConfidence": 0.9})
    assert means.means()["LowConfidence"] == pytest.approx(0.9, abs=0.02)


def test_a_restart_forgets_nothing() -> None:
    means = seen(0.8, 300)
    again = TrafficMeans.from_dict(json.loads(json.dumps(means.to_dict())))
    assert again.means() == means.means()
