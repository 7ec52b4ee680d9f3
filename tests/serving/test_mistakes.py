"""Mixed-up labels, read from real rows."""

from datetime import UTC, datetime, timedelta

from past_labels import Said, label_past
from serving.parts import Serving

from noria.serving.figures import Figures
from noria.serving.mistakes import of_calls, of_samples


def test_samples_are_answered_out_of_fold_by_the_live_version(serving: Serving) -> None:
    assert of_samples(serving.storage, serving.function.id) is None
    serving.train()
    found = of_samples(serving.storage, serving.function.id)
    assert found is not None
    assert found.total == 8


def test_calls_stand_for_those_that_nobody_looked_at(serving: Serving) -> None:
    cat, dog = serving.function.labels["cat"], serving.function.labels["dog"]
    begin = datetime.now(UTC) - timedelta(days=3)
    said = [Said(begin + timedelta(minutes=i), cat, dog if i % 4 == 0 else cat) for i in range(40)]
    label_past(serving.storage, serving.function.id, said)
    found = of_calls(Figures(serving.storage).calls(serving.function.id))
    ((true, answered, amount),) = found.pairs
    assert (true, answered) == (dog, cat)
    assert round(amount) == 100
    assert round(found.total) == 400
