from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest

from noria.capture.call import Call, CaptureState
from noria.capture.policy import Policy, decide
from noria.capture.rules import register, registry, rule
from noria.errors import BadInput


class LongText:
    reason = "LongText"
    describe = "a text of unusual length"

    def score(self, call: Call, state: CaptureState) -> float:
        return float(call.metadata.get("length", 0))


@pytest.fixture(autouse=True)
def _fresh_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_rules", registry.rules())


def test_a_rule_of_an_outside_package_takes_its_share(
    monkeypatch: pytest.MonkeyPatch, call: Callable[..., Call], state: Callable[..., CaptureState]
) -> None:
    entry = EntryPoint("long-text", f"{__name__}:LongText", registry.ENTRY_POINTS)
    monkeypatch.setattr(EntryPoint, "load", lambda self: LongText)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    monkeypatch.setattr(registry, "_discovered", False)
    policy = Policy.of({"Random": 0.5, "LongText": 0.5})
    long = Call(call(0.9, 0.1).probabilities, ("a", "b"), metadata={"length": "400"})
    decided = decide(long, state(3, 3, LongText=100), policy, threshold=0.1, draw=0.2)
    assert decided.parts == {"Random": 0.5, "LongText": 2.0}
    assert decided.captured


def test_registering_makes_a_rule_known_by_its_reason() -> None:
    mine = LongText()
    register(mine)
    assert rule("LongText") is mine


def test_an_unknown_reason_names_those_that_are_known() -> None:
    with pytest.raises(BadInput, match="LowConfidence"):
        rule("Nonsense")


def test_a_broken_package_is_passed_over_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("broken", "no_such_package_anywhere:Rule", registry.ENTRY_POINTS)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    monkeypatch.setattr(registry, "_discovered", False)
    with pytest.warns(UserWarning, match="no_such_package_anywhere"):
        known = registry.rules()
    assert "Random" in known
