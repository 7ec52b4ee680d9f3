"""The demo's data: labels, a few examples of each, a stream of calls and a held-out part [Casanueva2020]."""

import gzip
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FILE = "banking77.jsonl.gz"


@dataclass(frozen=True, slots=True)
class DemoLabel:
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class DemoRow:
    text: str
    label: str  # the true one, by name
    phase: str = ""  # A, B or C in the stream: priors shift from one to the next
    kind: str = "fresh"  # or copy, near_copy, bot (one text again and again), near_bot (with a counter)


@dataclass(frozen=True, slots=True)
class DemoSet:
    """No text of `held_out` stands in the other two parts."""

    labels: tuple[DemoLabel, ...]
    seeds: tuple[DemoRow, ...]  # 2 to 5 a label
    stream: tuple[DemoRow, ...]  # in the order in which to send it
    held_out: tuple[DemoRow, ...]  # 40 a label

    def true_labels(self) -> dict[str, str]:
        """Label name by text, over seeds and stream: what the simulated annotators know."""
        return {row.text: row.label for row in (*self.seeds, *self.stream)}


@cache
def load() -> DemoSet:
    """The set that the package carries."""
    labels: list[DemoLabel] = []
    parts: dict[str, list[DemoRow]] = {"seed": [], "stream": [], "held_out": []}
    for line in gzip.decompress(files("noria.demo").joinpath(FILE).read_bytes()).splitlines():
        fields = json.loads(line)
        if "part" in fields:
            parts[fields.pop("part")].append(DemoRow(**fields))
        else:
            labels.append(DemoLabel(fields["label"], fields["description"]))
    return DemoSet(tuple(labels), *(tuple(parts[name]) for name in ("seed", "stream", "held_out")))
