"""Tags: several labels for one sample, each present or absent, or nothing said of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tag:
    """What is said of one label of one sample."""

    label_id: str
    present: bool = True


@dataclass(frozen=True, slots=True)
class TagsPrediction:
    """What a model version says of one sample: a probability for each tag that it knows."""

    confidences: Mapping[str, float]  # by label id, calibrated, each in [0, 1]
    version_id: str


@dataclass(frozen=True, slots=True)
class TagsAnswer:
    """What a call was answered with."""

    confidences: Mapping[str, float]  # by label id, calibrated, each in [0, 1]
    present: tuple[str, ...]  # label ids of the tags that were answered

    def merged(self, names: Mapping[str, str]) -> "TagsAnswer":
        """The same where some labels have become others."""
        there = dict.fromkeys(names.get(id, id) for id in self.present)
        return TagsAnswer(merged(self.confidences, names), tuple(there))


def merged(confidences: Mapping[str, float], names: Mapping[str, str]) -> dict[str, float]:
    """Probabilities by label id, where some labels have become others: a tag is there if either of the two is.

    names: what each label that is gone is by now.

    >>> merged({"a": 0.5, "b": 0.5, "c": 0.1}, {"b": "a"})
    {'a': 0.75, 'c': 0.1}
    """
    found: dict[str, float] = {}
    for label_id, p in confidences.items():
        id = names.get(label_id, label_id)
        found[id] = 1 - (1 - found[id]) * (1 - p) if id in found else p
    return found


def completed(given: Sequence[Tag], label_ids: Iterable[str]) -> tuple[Tag, ...]:
    """What was said, in its order, and behind it `absent` for every other label that there is.

    >>> [(tag.label_id, tag.present) for tag in completed([Tag("b")], ["a", "b"])]
    [('b', True), ('a', False)]
    """
    said = {tag.label_id for tag in given}
    return (*given, *(Tag(id, present=False) for id in label_ids if id not in said))
