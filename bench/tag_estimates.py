"""Are the live figures of tags right, and do their intervals hold what they promise? Seasons replayed over real answers.

    python bench/tag_estimates.py --data FOLDER --out bench/results/tag_estimates.md [--replays 1000]

FOLDER holds banking77.csv.gz. Calls are made as in `bench/tags.py`: joined requests, their intents being the tags; here
some tags are frequent and some rare, and a fifth of the calls has none. Seasons are those of `bench/estimates.py`: each
takes other calls and other draws and plays a fortnight. What was replayed before is kept in the temporary folder.
"""

import argparse
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
from accuracy import embed
from answers import Answers, sources
from estimates import AT_ONCE, COLUMNS, CONDITIONS, Cell, Told, bias, coverage, judged, one_core
from season import CAPTURED_A_DAY, DAYS, MOST_CALLS, PART, Condition, Season
from streams import KEPT
from tags import requests

from noria.capture.call import CaptureState
from noria.capture.policy import Policy, decide
from noria.capture.tags_call import TagsCall, certainties
from noria.capture.traffic import TrafficMeans
from noria.encoders import Encoder, choose_text_encoder, identity
from noria.learning.tags_training import TagsTrainingSet, train_tags
from noria.records.function import CaptureSettings
from noria.records.tags import TagsAnswer
from noria.serving.figures import counted_captures, covered_until
from noria.serving.tag_figures import Books, figures_of
from noria.storage import CaptureOutcome, JudgedTags, SumsRow, without

N_TAGS = 20
RANKS = 1.0  # the r-th tag is asked for in proportion to 1 / r ** RANKS
SIZES, SHARES = (0, 1, 2, 3), (0.2, 0.4, 0.25, 0.15)
PER_TAG = (4, 16, 48)  # samples of each tag that each version learnt from
PLAYED = (
    "usual", "promotions", "copies", "skipped heads", "left heads", "evictions and expiry", "all of it",
)  # fmt: skip
KINDS = ("precision", "recall", "prevalence")
BANDS = (("10 % and more", 0.10), ("3 to 10 %", 0.03), ("below 3 %", 0.0))
"""Of prevalence in the traffic of a replay: name and lower edge."""


@dataclass(frozen=True)
class TagAnswers:
    """Calls in order; versions in the order of what they learnt."""

    tags: np.ndarray  # (k,) ids, as texts
    embeddings: np.ndarray  # (n, d)
    present: np.ndarray  # (n, k)
    probabilities: np.ndarray  # (n_versions, n, k)
    weight: np.ndarray  # (n_versions, n)

    @property
    def answered(self) -> np.ndarray:
        return np.asarray(self.probabilities >= 0.5)

    def as_labels(self) -> Answers:
        """The same as seasons play them: the answer to a call is that of its least certain tag, right if all tags are."""
        half = np.full(len(self.tags), 0.5)
        sure = np.stack([np.stack([certainties(row, half) for row in p]) for p in self.probabilities])
        least = sure.argmin(axis=2)
        confidence = sure.min(axis=2)
        right = (self.answered == self.present).all(axis=2)
        counts = np.repeat(np.array(PER_TAG, dtype=float)[:, None], len(self.tags), axis=1)
        return Answers(
            labels=self.tags,
            true=np.where(right[1], least[1], (least[1] + 1) % len(self.tags)),
            contents=np.arange(len(self.present)),
            embeddings=self.embeddings,
            predicted=least,
            confidence=confidence,
            margin=2 * confidence - 1,
            weight=self.weight,
            counts=counts,
            centres=np.zeros((len(PER_TAG), self.embeddings.shape[1]), dtype=np.float32),
        )


class TagSeason(Season):
    """The same season, and each tag's figures as pages show them at its end."""

    def __init__(
        self, played: TagAnswers, labels: Answers, condition: Condition, rng: np.random.Generator
    ) -> None:
        self._tags = played
        super().__init__(labels, condition, rng)
        self.there = played.present[self.row]
        self.said = played.answered[self.version, self.row]
        self.p = played.probabilities[self.version, self.row]

    def told(self) -> Iterator[tuple[float, Told]]:
        """Each figure with its tag's prevalence."""
        captures = self._judged()
        last = max((j.at for j in captures if j.done), default=None)
        if last is None:
            return
        covered = (self.at < covered_until(last).timestamp()) & (self.at <= self._until)
        people = (CaptureOutcome.ANNOTATED, CaptureOutcome.SKIPPED)
        settlements = [(j.settled_at, j.key) for j in captures if j.settled_at and j.outcome in people]
        settlements += [
            (last.fromtimestamp(at, last.tzinfo), float(self.key[i]))
            for i, at in enumerate(self.passed)
            if at < np.inf
        ]
        inside = counted_captures(captures, self._log, self._evictions, settlements)
        asked = [(self._as_tags(j), p) for j, p in inside]
        books = self._books(covered)
        there, said = self.there[covered], self.said[covered]
        for t, tag in enumerate(self._tags.tags.tolist()):
            found = figures_of(tag, asked, books)
            true, answered = float(there[:, t].mean()), float(said[:, t].mean())
            both = float((there[:, t] & said[:, t]).mean())
            if found is None:
                continue
            if answered:
                yield true, Told("precision", found.precision, both / answered, answered)
            if true:
                yield true, Told("recall", found.recall, both / true, true)
            yield true, Told("prevalence", found.prevalence, true, 1.0)

    @property
    def given(self) -> int:
        return self._given

    def _as_tags(self, capture: object) -> JudgedTags:
        call, tags = self.call[int(capture.id)], self._tags.tags.tolist()  # type: ignore[attr-defined]
        answer = TagsAnswer(
            dict(zip(tags, self.p[call].tolist(), strict=True)),
            tuple(tags[t] for t in np.flatnonzero(self.said[call])),
        )
        annotated = capture.outcome is CaptureOutcome.ANNOTATED  # type: ignore[attr-defined]
        true = dict(zip(tags, self.there[call].tolist(), strict=True)) if annotated else {}
        return JudgedTags(capture, answer, true)  # type: ignore[arg-type]

    def _books(self, covered: np.ndarray) -> Books:
        """Over all calls covered, as the server adds them up."""
        known = covered & self.known
        rows, pairs = {}, {}
        for t, tag in enumerate(self._tags.tags.tolist()):
            yes = covered & self.said[:, t]
            sure, all_p = float(self.p[yes, t].sum()), float(self.p[covered, t].sum())
            rows[tag] = [SumsRow("", 0, None, tag, int(yes.sum()), sure, 0.0, all_p)]
            for said in (True, False):
                for true in (True, False):
                    key = (tag if said else without(tag), tag if true else without(tag))
                    pairs[key] = int((known & (self.said[:, t] == said) & (self.there[:, t] == true)).sum())
        return Books(int(covered.sum()), int(known.sum()), rows, pairs)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--conditions", default=",".join(PLAYED))
    parser.add_argument("--replays", type=int, default=1000)
    given = parser.parse_args()
    one_core()
    conditions = given.conditions.split(",")
    rows = {}
    for condition in conditions:
        starts = range(0, given.replays, AT_ONCE)
        rows[condition] = np.concatenate(
            [
                kept(given.data, condition, range(start, min(start + AT_ONCE, given.replays)))
                for start in starts
            ]
        )
        print("\n".join(lines(condition, rows[condition])), flush=True)
    played = answers(given.data)
    frequent = ", ".join(
        f"{share:.0%}" if share >= 0.1 else f"{share:.1%}" for share in played.present.mean(axis=0)
    )
    f1 = ", ".join(f"{_f1(played, v):.0%}" for v in range(len(PER_TAG)))
    report = HEADER.format(
        n=given.replays, days=DAYS, captured=CAPTURED_A_DAY, encoder=identity(choose_text_encoder()), tags=N_TAGS,
        frequent=frequent, per_tag=" and ".join(map(str, PER_TAG[:1] + PER_TAG[1:])), f1=f1,
        what="\n".join(f"- **{name}**: {CONDITIONS[name].says}" for name in conditions),
    )  # fmt: skip
    report += "\n".join(line for name in conditions for line in lines(name, rows[name])) + "\n"
    if given.out:
        given.out.write_text(report)


def kept(data: Path, condition: str, seeds: range) -> np.ndarray:
    """What the replays said, (n, 1 + n_bands · n_kinds · n_columns), or what they said the last time."""
    what = f"{_sources()} {CONDITIONS[condition]} {seeds}"
    path = KEPT / "tag-seasons" / f"{hashlib.sha256(what.encode()).hexdigest()[:20]}.npy"
    if not path.exists():
        rows = np.array([replayed(data, CONDITIONS[condition], seed) for seed in seeds])
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, rows)
    return np.load(path)


def replayed(data: Path, condition: Condition, seed: int) -> np.ndarray:
    """Labels given, and the sums of each band and kind."""
    season = TagSeason(answers(data), _labels(data), condition, np.random.default_rng(seed))
    sums = np.zeros((len(BANDS), len(KINDS), len(COLUMNS)))
    for prevalence, told in season.told():
        band = next(b for b, (_, low) in enumerate(BANDS) if prevalence >= low)
        sums[band, KINDS.index(told.kind)] += judged(told, season.given, season.given, len(season.at))
    return np.concatenate([[season.given], sums.ravel()])


@cache
def _sources() -> str:
    names = ("tag_estimates.py", "season.py", "tags.py")
    here = b"".join((Path(__file__).parent / name).read_bytes() for name in names)
    import noria.serving.tag_figures as figures

    own = Path(figures.__file__).read_bytes()
    return sources("capture", "learning", "records", "estimate") + hashlib.sha256(here + own).hexdigest()


@cache
def _labels(data: Path) -> Answers:
    return answers(data).as_labels()


@cache
def answers(data: Path) -> TagAnswers:
    """Kept in the temporary folder by the sources they depend on."""
    path = KEPT / f"tag-answers-{sources('capture', 'learning', 'records')[:16]}.npz"
    if not path.exists():
        made = _made(data, choose_text_encoder())
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **{field.name: getattr(made, field.name) for field in fields(TagAnswers)})
    with np.load(path) as stored:
        return TagAnswers(**{field.name: stored[field.name] for field in fields(TagAnswers)})


def _made(data: Path, encoder: Encoder) -> TagAnswers:
    rng = np.random.default_rng(0)
    to_learn, to_call = requests(data, "train"), requests(data, "test")
    order = rng.permutation(
        sorted(intent for intent, texts in to_learn.items() if len(texts) >= max(PER_TAG))
    ).tolist()
    tags, others = order[:N_TAGS], order[N_TAGS:]
    asked = 1 / np.arange(1, N_TAGS + 1) ** RANKS
    n = round(MOST_CALLS / PART) + 1
    texts, present = _joined(to_call, tags, others, asked / asked.sum(), n, rng)
    calls = embed(texts, encoder)
    most = round(max(PER_TAG) * N_TAGS / 1.2)
    learnt, has = _joined(to_learn, tags, others, np.full(N_TAGS, 1 / N_TAGS), most, rng)
    rows = embed(learnt, encoder)
    probabilities, weights = [], []
    for per_tag in PER_TAG:
        part = slice(0, round(len(rows) * per_tag / max(PER_TAG)))
        digests = [hashlib.sha256(b"%d" % i).digest() for i in range(len(rows[part]))]
        ones = np.ones_like(has[part])
        head = train_tags(TagsTrainingSet(rows[part], has[part], ones, tuple(tags), digests), None).head
        p = np.zeros(present.shape)
        p[:, [tags.index(label_id) for label_id in head.label_ids]] = head.probabilities(calls)
        probabilities.append(p)
        weights.append(_weights(p, tuple(tags), np.full(N_TAGS, float(per_tag))))
    return TagAnswers(np.array(tags), calls, present, np.array(probabilities), np.array(weights))


def _joined(
    texts: dict[str, list[str]],
    tags: list[str],
    others: list[str],
    asked: np.ndarray,
    n: int,
    rng: np.random.Generator,
) -> tuple[list[str], np.ndarray]:
    """Requests of none to three tags each; one of none is another intent's."""
    found, present = [], np.zeros((n, len(tags)), dtype=bool)
    for i in range(n):
        size = int(rng.choice(SIZES, p=SHARES))
        group = rng.choice(len(tags), size, replace=False, p=asked) if size else []
        present[i, group] = True
        intents = [tags[t] for t in group] or [others[int(rng.integers(len(others)))]]
        found.append(" ".join(texts[intent][int(rng.integers(len(texts[intent])))] for intent in intents))
    return found, present


def _weights(p: np.ndarray, tags: tuple[str, ...], counts: np.ndarray) -> np.ndarray:
    """w of each call, with the rules' means over the calls before it. No draw: w does not depend on one."""
    policy, means = Policy.of(CaptureSettings().shares), TrafficMeans()
    reasons = tuple(rule.reason for rule, _ in policy.rules)
    thresholds, weights = np.full(len(tags), 0.5), np.empty(len(p))
    for i, row in enumerate(p):
        state = CaptureState(counts, means.means(reasons))
        outcome = decide(TagsCall(row, tags, thresholds=thresholds), state, policy, threshold=0.0, draw=1.0)
        means.observe(outcome.scores)
        weights[i] = outcome.weight
    return weights


def _f1(played: TagAnswers, version: int) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(played.present, played.answered[version], average="macro", zero_division=0))


def lines(condition: str, rows: np.ndarray) -> Iterator[str]:
    sums = rows[:, 1:].reshape(len(rows), len(BANDS), len(KINDS), len(COLUMNS))
    for b, (band, _) in enumerate(BANDS):
        cells = [Cell(sums[:, b, k]) for k in range(len(KINDS))]
        parts = [condition, f"{rows[:, 0].mean():.0f}", band]
        for cell in cells:
            of = cell.column("of").sum()
            parts += [f"{cell.column('shown').sum() / of:.0%}" if of else "–", bias(cell), coverage(cell)]
            parts.append(f"{100 * cell.mean('width'):.0f}" if cell.column("shown").sum() else "–")
        yield f"| {' | '.join(parts)} |"


HEADER = """# Live figures of tags against the truth

Made by `python bench/tag_estimates.py --data FOLDER` with {encoder}. {n} replays a condition, each of {days} days with other calls, other
draws and about {captured:.0f} captures a day. Calls are joined requests of Banking77 [Casanueva2020], as in [tags](tags.md), of none to three of
{tags} tags, which have {frequent} of the calls; three versions, taught about {per_tag} samples a tag, have a macro F1 of {f1}. Decisions,
order of the queue, propensities and figures are made by the server's own code.

By how frequent a tag is in the traffic. *shown*: figures that are shown; the others say how many labels are missing. *bias* and *width* of
the 95 % interval in points. *coverage*: of 100 intervals, those that hold the truth; **below**: surely (99 %) less than 93. In the last condition a sitting ends with the first answer that
is wrong in any tag, so that few labels are given and hardly a figure is shown.

{what}

| condition | labels given | tags with | precision: shown | bias | coverage | width | recall: shown | bias | coverage | width | prevalence: shown | bias | coverage | width |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


if __name__ == "__main__":
    main()
