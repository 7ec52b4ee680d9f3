"""Whether the marked parts of long texts are those that an answer leans on, and what marking costs.

    python bench/telling.py --data FOLDER --texts FILE --out bench/results/telling.md

FOLDER holds banking77.csv.gz and sms_spam.csv.gz with the columns text, label and split. A question to a bank is put among seven
messages that are no spam, and the head, trained on such questions alone, is asked what it leaned on: the question is known to be it,
where the answer is the question's label.

FILE is a CSV with a header, its first two columns the label and the text, in either order with the names category or label,
and text: any set of long texts, such as news by section (reported: 928 articles of [Greene2006]). A head is trained on 100 of them. Of others, the parts that some
way of choosing marks are taken out of what the encoder reads, and the answer is looked at again; then all but these is taken
out [DeYoung2020]. Both are compared with parts of the same length, and of the same number, drawn at random.
"""

import argparse
import csv
import gzip
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from noria.encoders import AnyEncoder, choose_text_encoder, identity
from noria.encoders.encoder import reads
from noria.learning.arrays import FloatArray
from noria.learning.calibration import sharpness
from noria.learning.head import Head, fit_head, softmax
from noria.learning.pieces import Span, pieces, without
from noria.learning.telling import LogOdds, log_odds, telling

TAUGHT = 100
PER_LABEL = 20  # questions to the bank that are learned from
AROUND = 7  # messages around one
SHORTEST = 600  # characters
SEED = 5


@dataclass
class Asked:
    """A model asked about one label, with what it cost."""

    encoder: AnyEncoder[str]
    head: Head
    label: int
    n: int = 0
    seconds: float = 0.0

    def __call__(self, texts: Sequence[str]) -> LogOdds:
        began = time.thread_time()
        rows = self.encoder.embed(texts)
        self.seconds += time.thread_time() - began
        self.n += len(texts)
        return log_odds(self.head.probabilities(rows), self.label)


@dataclass
class Tally:
    """Of one way of choosing, a value a text each."""

    dropped: list[float] = field(default_factory=list)  # log-odds, without the chosen parts
    lost: list[float] = field(default_factory=list)  # probability, without them
    turned: list[bool] = field(default_factory=list)  # the answer is another one without them
    held: list[bool] = field(default_factory=list)  # the answer is the same by them alone
    share: list[float] = field(default_factory=list)  # of the text, chosen
    embeddings: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def rest(text: str, spans: Sequence[Span]) -> str:
    for span in sorted(spans, reverse=True):
        text = without(text, span)
    return text


def by_what_tells(text: str, ask: Asked, n: int) -> list[Span]:
    return list(telling(text, ask).pieces)


def by_leaving_out(text: str, ask: Asked, n: int) -> list[Span]:
    found = pieces(text)
    lacks = ask([text])[0] - ask([without(text, span) for span in found])
    return [found[i] for i in np.argsort(-lacks)[:n]]


def by_each_alone(text: str, ask: Asked, n: int) -> list[Span]:
    found = pieces(text)
    return [found[i] for i in np.argsort(-ask([text[a:b] for a, b in found]))[:n]]


def at_the_beginning(text: str, ask: Asked, n: int) -> list[Span]:
    return list(pieces(text)[:n])


WAYS: dict[str, Callable[[str, Asked, int], list[Span]]] = {
    "leaving each out": by_leaving_out,
    "each alone": by_each_alone,
    "the first sentences": at_the_beginning,
}


def words_as_marked(text: str, ask: Asked) -> list[Span]:
    return list(telling(text, ask).words)


def drawn_like(spans: Sequence[Span], whole: Span, text: str, rng: np.random.Generator) -> list[Span]:
    """As many stretches of the same lengths elsewhere, at random, none in another."""
    for _ in range(200):
        found: list[Span] = []
        for span in spans:
            length = span.end - span.start
            start = int(rng.integers(whole.start, max(whole.start + 1, whole.end - length)))
            found.append(Span(start, start + length))
        found.sort()
        if all(a.end <= b.start for a, b in pairwise(found)):
            return found
    return list(spans)


def judge(
    tally: Tally, text: str, chosen: Sequence[Span], encoder: AnyEncoder[str], head: Head, label: int
) -> None:
    only = " ".join(text[a:b] for a, b in sorted(chosen))
    p = head.probabilities(encoder.embed([text, rest(text, chosen), only]))
    odds = log_odds(p, label)
    tally.dropped.append(float(odds[0] - odds[1]))
    tally.lost.append(float(p[0, label] - p[1, label]))
    tally.turned.append(bool(p[1].argmax() != label))
    tally.held.append(bool(p[2].argmax() == label))
    tally.share.append(sum(b - a for a, b in chosen) / len(text))


def look(texts: Sequence[str], encoder: AnyEncoder[str], head: Head) -> tuple[dict[str, Tally], int]:
    tallies: dict[str, Tally] = {}
    rng, without_marks = np.random.default_rng(SEED), 0
    for whole in texts:
        text = whole[: reads(encoder, whole)]
        label = int(head.probabilities(encoder.embed([text]))[0].argmax())
        ask = Asked(encoder, head, label)
        began = time.thread_time()
        told = telling(text, ask)
        took = time.thread_time() - began
        if not told.pieces:
            without_marks += 1
            continue
        n = len(told.pieces)
        noted = tallies.setdefault("sentences as marked", Tally())
        noted.embeddings.append(ask.n)
        noted.seconds.append(took)
        judge(noted, text, told.pieces, encoder, head, label)
        for name, way in WAYS.items():
            asked, tally = Asked(encoder, head, label), tallies.setdefault(name, Tally())
            chosen = way(text, asked, n)
            tally.embeddings.append(asked.n)
            tally.seconds.append(asked.seconds)
            judge(tally, text, chosen, encoder, head, label)
        found = pieces(text)
        some = [found[i] for i in rng.permutation(len(found))[:n]]
        judge(tallies.setdefault("sentences at random", Tally()), text, some, encoder, head, label)
        judge(tallies.setdefault("words as marked", Tally()), text, told.words, encoder, head, label)
        elsewhere = drawn_like(told.words, Span(0, len(text)), text, rng)
        judge(tallies.setdefault("as long, at random", Tally()), text, elsewhere, encoder, head, label)
    return tallies, without_marks


def taught(embeddings: FloatArray, targets: Sequence[int], names: Sequence[str]) -> Head:
    """A head sharpened by what a first half of its samples makes of the second."""
    y, odd = np.array(targets), np.arange(len(targets)) % 2 == 1
    first = fit_head(embeddings[~odd], y[~odd], names, whiten=True)
    factor = sharpness(first.logits(embeddings[odd]), y[odd])
    return fit_head(embeddings, y, names, whiten=True).sharpened(factor)


def read(file: Path, n: int) -> tuple[list[str], list[str]]:
    """Labels and texts, shuffled."""
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        rows = [(row.get("label") or row.get("category") or "", row["text"]) for row in csv.DictReader(lines)]
    rows = [(label, text) for label, text in dict.fromkeys(rows) if label and len(text) >= SHORTEST]
    order = np.random.default_rng(SEED).permutation(len(rows))[: TAUGHT + n]
    return [rows[i][0] for i in order], [rows[i][1] for i in order]


@dataclass
class Planted:
    """How often the question was found among the messages."""

    seen: int = 0  # texts whose answer was the question's label
    marked: dict[str, int] = field(default_factory=dict)  # texts in which a way marked it
    others: int = 0  # sentences marked besides, as decided
    with_words: int = 0  # texts with a marked word inside of it


def plant(folder: Path, encoder: AnyEncoder[str], n: int) -> Planted:
    """One question in each of n texts, among messages that have nothing to do with it."""
    questions, chat = _rows(folder, "banking77"), _messages(folder)
    names = sorted({row["label"] for row in questions})
    rng = np.random.default_rng(SEED)
    by_label = [
        [r["text"] for r in questions if r["label"] == name and r["split"] == "train"] for name in names
    ]
    learned = [(text, i) for i, texts in enumerate(by_label) for text in texts[:PER_LABEL]]
    head = taught(encoder.embed([text for text, _ in learned]), [i for _, i in learned], names)
    asked = [(r["text"], names.index(r["label"])) for r in questions if r["split"] == "test"]
    result = Planted()
    for i in rng.permutation(len(asked))[:n]:
        text, question = _among([chat[j] for j in rng.permutation(len(chat))[:AROUND]], asked[i][0], rng)
        label = int(head.probabilities(encoder.embed([text]))[0].argmax())
        if label == asked[i][1]:
            result.seen += 1
            _note(result, text, question, Asked(encoder, head, label), rng)
    return result


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _messages(folder: Path) -> list[str]:
    rows = _rows(folder, "sms_spam")
    return sorted(
        {row["text"].strip() for row in rows if row["label"] == "ham" and 40 < len(row["text"]) < 160}
    )


def _among(messages: list[str], question: str, rng: np.random.Generator) -> tuple[str, Span]:
    place = int(rng.integers(len(messages) + 1))
    start = sum(len(message) + 1 for message in messages[:place])
    return "\n".join([*messages[:place], question, *messages[place:]]), Span(start, start + len(question))


def _note(result: Planted, text: str, question: Span, ask: Asked, rng: np.random.Generator) -> None:
    def inside(span: Span) -> bool:
        return span.start < question.end and span.end > question.start

    told = telling(text, ask)
    n = max(1, len(told.pieces))
    found = pieces(text)
    ways = {name: way(text, ask, n) for name, way in WAYS.items()} | {
        "as decided": list(told.pieces),
        "at random": [found[i] for i in rng.permutation(len(found))[:n]],
    }
    for name, spans in ways.items():
        result.marked[name] = result.marked.get(name, 0) + any(map(inside, spans))
    result.others += sum(not inside(span) for span in told.pieces)
    result.with_words += any(map(inside, told.words))


HEADER = """# The telling parts of long texts

Made by `bench/telling.py` with {encoder} on {n} texts of {file} ({labels} labels, {length:,.0f} characters on average, of which
{read:,.0f} are read), by a head trained on {taught} others that answers {accuracy:.0f} % of them right. Each row chooses as many sentences
as are marked (of words: as many stretches, as long as those). *Log-odds*: how much less the text speaks for its label without them, mean ±
standard error. *Probability*: the same in points. *Turned*: answers that become another label. *Held*: answers that stay the
same by the chosen parts alone. {none} texts got no mark and are not counted.

| chosen | of the text | log-odds | probability | turned | held | embeddings | processor time, median / p95 |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def row(name: str, tally: Tally) -> str:
    dropped = np.array(tally.dropped)
    error = dropped.std(ddof=1) / len(dropped) ** 0.5
    cells = [
        name,
        f"{100 * np.mean(tally.share):.0f} %",
        f"{dropped.mean():.2f} ± {error:.2f}",
        f"{100 * np.mean(tally.lost):.1f}",
        f"{100 * np.mean(tally.turned):.1f} %",
        f"{100 * np.mean(tally.held):.0f} %",
    ]
    if tally.seconds and any(tally.embeddings):
        middle, most = (1000 * np.quantile(tally.seconds, q) for q in (0.5, 0.95))
        cells += [f"{np.mean(tally.embeddings):.0f}", f"{middle:.0f} / {most:.0f} ms"]
    else:
        cells += ["", ""]
    return f"| {' | '.join(cells)} |"


def in_words(planted: Planted) -> str:
    rows = "\n".join(
        f"| {way} | {100 * n / planted.seen:.0f} % |" for way, n in sorted(planted.marked.items())
    )
    return f"""
## A question among messages

A question to a bank (banking77, 77 labels) stands between {AROUND} everyday messages (sms_spam). Of the texts whose answer is the
question's label in spite of them ({planted.seen}), those in which the question is marked; each way marks as many sentences as decided.
A word of it is marked in {100 * planted.with_words / planted.seen:.0f} %; {planted.others / planted.seen:.1f} other sentences are marked in each.

| chosen | the question is among them |
| --- | --- |
{rows}
"""


ORDER = (
    "sentences as marked",
    *WAYS,
    "sentences at random",
    "words as marked",
    "as long, at random",
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--called", help="what the texts are, in the report; by default the name of the file")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("-n", type=int, default=100, help="texts that are marked")
    given = parser.parse_args()
    encoder = choose_text_encoder()
    labels, texts = read(given.texts, given.n)
    names = sorted(set(labels))
    embeddings = encoder.embed(texts)
    targets = [names.index(label) for label in labels]
    head = taught(embeddings[:TAUGHT], targets[:TAUGHT], names)
    asked = texts[TAUGHT:]
    accuracy = (softmax(head.logits(embeddings[TAUGHT:])).argmax(axis=1) == targets[TAUGHT:]).mean()
    tallies, none = look(asked, encoder, head)
    header = HEADER.format(
        encoder=identity(encoder), n=len(asked), file=given.called or given.texts.name, labels=len(names),
        length=np.mean([len(t) for t in asked]), read=np.mean([reads(encoder, t) for t in asked]),
        taught=TAUGHT, accuracy=100 * accuracy, none=none or "No",
    )  # fmt: skip
    lines = [
        header + "\n".join(row(name, tallies[name]) for name in ORDER),
        in_words(plant(given.data, encoder, 4 * given.n)),
    ]
    given.out.write_text("\n".join(lines) + "\n")
    print(given.out.read_text())


if __name__ == "__main__":
    main()
