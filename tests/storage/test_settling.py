"""rho(t), the smallest key among open captures, is logged right through whatever happens."""

import math
import random
from dataclasses import dataclass, field

import pytest

from noria.storage import CaptureOutcome


def test_rho_is_logged_through_a_scripted_day(desk):
    queue = desk.storage.queue
    ids = {
        text: desk.capture(text, key=key) for text, key in (("a", 0.1), ("b", 0.2), ("c", 0.3), ("d", 0.4))
    }
    desk.capture("a", key=0.35)
    desk.annotate(ids["a"], "a")  # both captures of a leave: b is the smallest
    queue.skip(desk.function_id, ids["b"], "ann", "unsure", desk.now)
    desk.capture("e", key=0.05)  # an arrival lowers rho, but is no settlement: nothing is logged
    desk.annotate(ids["c"], "b")
    desk.unannotate(ids["a"])
    queue.unskip(desk.function_id, ids["b"], "ann", desk.now)
    queue.evict(desk.function_id, 2, desk.now)  # of 0.05, 0.1 and 0.35 (a), 0.2, 0.4 stay 0.05 and 0.1
    queue.expire(desk.function_id, desk.now, desk.now)
    assert desk.rhos() == [0.2, 0.3, 0.05, 0.05, 0.05, 0.05, math.inf]


def test_times_in_the_log_only_grow_even_if_clocks_do_not(desk):
    ids = [desk.capture(f"text {i}") for i in range(3)]
    at = desk.now
    for id in ids:
        desk.storage.queue.skip(desk.function_id, id, "ann", "skipped", at)
    times = [at for at, _ in desk.storage.queue.rho_log(desk.function_id)]
    assert len(set(times)) == 3
    assert times == sorted(times)
    assert (times[-1] - at).total_seconds() < 1


def test_a_label_logs_rho_even_for_a_sample_nobody_captured(desk):
    desk.capture("one", key=0.5)
    desk.annotate(desk.add("two").id, "a")
    assert desk.rhos() == [0.5]


def leave_lying(desk, others: int, every_s: int) -> str:
    """An item with the smallest key that stays while as many others are labelled, one each `every_s`; its id."""
    left = desk.capture("left", key=0.01)
    desk.capture("last", key=0.9)
    for i in range(others):
        other = desk.capture(f"text {i}", key=0.1 + i / 100)
        desk.seconds += every_s
        desk.annotate(other, "a")
    return left


def test_an_item_that_is_left_lying_does_not_hold_up_rho_for_ever(desk):
    left = leave_lying(desk, others=22, every_s=7200)
    assert desk.rhos() == [0.01] * 22 + [0.9]
    assert desk.outcomes(left) == [CaptureOutcome.OPEN]
    row = next(j for j in desk.storage.captures.judged(desk.function_id) if j.sample_id == left)
    assert (row.passed_at, 0.01) in desk.storage.queue.settlements(desk.function_id)
    assert row.passed_at == desk.storage.queue.rho_log(desk.function_id)[-1][0]


@pytest.mark.parametrize(("others", "every_s"), [(21, 7200), (25, 60)], ids=["few others", "within an hour"])
def test_an_item_is_waited_for_while_few_others_or_little_time_went_by(desk, others, every_s):
    leave_lying(desk, others, every_s)
    assert set(desk.rhos()) == {0.01}


def test_an_item_left_lying_comes_last_of_the_blind_turns_and_may_still_be_labelled(desk):
    left = leave_lying(desk, others=22, every_s=7200)
    items = desk.storage.queue.smallest(desk.function_id, desk.now, "ann", 5)
    assert [item.sample.data for item in items] == ["last", "left"]
    desk.annotate(left, "b")
    assert desk.outcomes(left) == [CaptureOutcome.ANNOTATED]
    assert desk.rhos()[-1] == 0.9


@dataclass
class Model:
    """The rules in a few lines of Python, to hold the storage against."""

    keys: dict[str, float] = field(default_factory=dict)  # by capture id
    samples: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, CaptureOutcome] = field(default_factory=dict)
    lapsed: dict[str, CaptureOutcome] = field(default_factory=dict)
    rhos: list[float] = field(default_factory=list)

    def of(self, sample, *outcomes):
        return [c for c, s in self.samples.items() if s == sample and self.outcomes[c] in outcomes]

    def open(self):
        return [c for c, outcome in self.outcomes.items() if outcome is CaptureOutcome.OPEN]

    def become(self, captures, outcome):
        for capture in captures:
            self.outcomes[capture] = outcome or self.lapsed.get(capture, CaptureOutcome.OPEN)

    def lapse(self, captures, outcome):
        self.become(captures, outcome)
        self.lapsed |= dict.fromkeys(captures, outcome)

    def log(self):
        self.rhos.append(min((self.keys[c] for c in self.open()), default=math.inf))


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_agrees_with_the_rules(desk, seed):
    rng = random.Random(seed)
    model, queue = Model(), desk.storage.queue
    names: dict[str, str] = {}  # sample id by text

    def capture():
        new = desk.drawn(f"text {rng.randrange(12)}", key=rng.random())
        annotated = new.content.text in names and desk.sample(names[new.content.text]).annotation is not None
        names[new.content.text] = model.samples[new.id] = desk.commit(new)[0]
        model.keys[new.id] = new.decision.key
        model.outcomes[new.id] = CaptureOutcome.KNOWN if annotated else CaptureOutcome.OPEN

    def annotate(sample):
        desk.annotate(sample, rng.choice("ab"))
        model.become(
            [
                c
                for c, s in model.samples.items()
                if s == sample and model.outcomes[c] != CaptureOutcome.KNOWN
            ],
            CaptureOutcome.ANNOTATED,
        )
        model.log()

    def unannotate(sample):
        if desk.sample(sample).annotation:
            desk.unannotate(sample)
            model.become(model.of(sample, CaptureOutcome.ANNOTATED), None)
            model.log()

    def skip(sample):
        kind = rng.choice(["skipped", "unsure"])
        mine = model.of(sample, CaptureOutcome.OPEN)
        assert queue.skip(desk.function_id, sample, "ann", kind, desk.now) == len(mine)
        if mine:
            model.become(mine, CaptureOutcome(kind))
            model.log()

    def unskip(sample):
        mine = model.of(sample, CaptureOutcome.SKIPPED, CaptureOutcome.UNSURE)
        assert queue.unskip(desk.function_id, sample, "ann", desk.now) == len(mine)
        if mine:
            model.become(mine, None)
            model.log()

    def evict():
        keep = rng.randrange(1, 8)
        smallest = {}
        for c in model.open():
            sample = model.samples[c]
            smallest[sample] = min(smallest.get(sample, math.inf), model.keys[c])
        over = sorted(smallest.values())[keep:]
        gone = [c for c in model.open() if over and model.keys[c] >= over[0]]
        assert queue.evict(desk.function_id, keep, desk.now) == len(gone)
        if gone:
            model.lapse(gone, CaptureOutcome.EVICTED)
            model.log()

    def expire():
        if rng.random() < 0.2:
            gone = model.open()
            assert queue.expire(desk.function_id, desk.now, desk.now) == len(gone)
            if gone:
                model.lapse(gone, CaptureOutcome.EXPIRED)
                model.log()

    def anyone(act):
        return lambda: act(rng.choice(list(names.values())))

    capture()
    steps = [capture] * 4 + [anyone(act) for act in (annotate, unannotate, skip, unskip)] + [evict, expire]
    for _ in range(120):
        rng.choice(steps)()
    judged = desk.storage.captures.judged(desk.function_id)
    assert {j.id: j.outcome for j in judged} == model.outcomes
    assert desk.rhos() == pytest.approx(model.rhos)
    assert len(model.rhos) > 20
