"""The few-shot table: every open set at 2, 4, 8 and 16 samples a label, Noria beside recipes and other tools.

    python bench/few_shot.py --data FOLDER --out bench/results/few-shot.md [--sets banking77,adult] [--seeds 5]
    python bench/few_shot.py --data FOLDER --part development --rivals ""      # to choose by

Noria is `train()` as the worker calls it, with label names where the worker gives them. All see the same draws, and at
most 1,500 rows of the part that is judged (`few_shot_sets.py` tells the parts). Other tools run in an environment of
their own, made with uv from `few_shot_rivals.txt`. Embeddings and the answers of other tools are kept in the folder
--kept, so a repeat is cheap; Noria's own are computed anew. Scores are kept too: the report is of all sets that have
been run, in one go or one after the other.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from environments import environment
from few_shot_sets import IMAGES, TABLES, TEXTS, Task, as_row, kept, load
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from threadpoolctl import threadpool_limits

from noria.encoders import AnyEncoder, EncoderSet, create, identity, label_embeddings
from noria.learning.arrays import BoolArray, FloatArray, IntArray, normalised, padded
from noria.learning.calibration import ece
from noria.learning.training import TrainingSet, train
from noria.learning.whitening import Whitening
from noria.learning.words import places
from noria.records.function import Modality
from noria.settings import Settings

SIZES = (2, 4, 8, 16)
KEPT = Path(tempfile.gettempdir()) / "noria-bench"
HERE = Path(__file__).parent
ONE_BY_ONE = 20  # samples answered alone, for the milliseconds
KINDS = {"Texts": TEXTS, "Images": IMAGES, "Tables": TABLES}
RIVALS = {  # as they are said, and on which sets with how many seeds at most: some take long
    "setfit": ("SetFit, MiniLM", {"sms_spam": 5, "hate_offensive": 5, "banking77": 2}),
    "vote": ("skrub, LR + forest", dict.fromkeys(TABLES, 5)),
    "catboost": ("skrub, CatBoost", dict.fromkeys(TABLES, 5)),
    "flaml": ("FLAML", dict.fromkeys(TABLES, 5)),
}
OURS, OURS_SMALL = "**Noria**", "Noria, MiniLM"


@dataclass(frozen=True)
class Score:
    accuracy: float
    macro_recall: float
    ece: float
    ece_even: float  # labels weighing alike, as the draws have them
    ece_floor: float  # of a model with these confidences that is calibrated perfectly, on so few rows
    fit_s: float
    ms: float


@dataclass(frozen=True)
class Answers:
    probabilities: FloatArray
    fit_s: float  # of processor, embeddings aside
    ms: float  # of processor for one answer


class Embedded:
    """A task through one encoder."""

    def __init__(self, task: Task, encoder: AnyEncoder[Any], folder: Path) -> None:
        self.encoder = encoder
        self._task = task
        self._folder = folder

    @cached_property
    def pool(self) -> FloatArray:
        return self._kept(self._task.pool)

    @cached_property
    def judged(self) -> FloatArray:
        return self._kept(self._task.judged)

    @cached_property
    def ms(self) -> float:
        """Of processor, for one sample; cells of a table that have a text which was drawn from are known by then."""
        some = [self._sample(each) for each in self._task.judged[: ONE_BY_ONE + 2]]
        self.encoder.embed([*map(self._sample, self._task.pool if self._task.types else ()), *some[:2]])
        began = time.process_time()
        for sample in some[2:]:
            self.encoder.embed([sample])
        return 1000 * (time.process_time() - began) / ONE_BY_ONE

    def _kept(self, samples: list[Any]) -> FloatArray:
        name = identity(self.encoder).replace("/", "-")
        return kept(self._folder, name, samples, lambda each: self.encoder.embed([self._sample(each)]))

    def _sample(self, sample: Any) -> Any:
        return as_row(self._task.types, sample) if self._task.types else sample


Way = Callable[[Task, IntArray], Answers]


def served(
    seen: Embedded, names: tuple[FloatArray, BoolArray] | None, whiten: bool, words: bool = True
) -> Way:
    """As the worker trains, and one answer at a time as the server gives it. words: of texts, whether they are counted."""

    def way(task: Task, drawn: IntArray) -> Answers:
        counted = words and isinstance(task.pool[0], str)
        given = TrainingSet(
            seen.pool[drawn],
            task.pool_targets[drawn],
            task.labels,
            [hashlib.sha256(b"%d" % i).digest() for i in drawn],
            np.ones(len(drawn), np.float32),
            np.zeros(len(drawn), np.bool_),
            *(names or (None, None)),
            whiten=whiten,
            layout=task.layout,
            words=[places(task.pool[i]) for i in drawn] if counted else None,
        )
        began = time.process_time()
        head = train(given, None).head
        fit_s = time.process_time() - began
        asked = seen.judged
        if counted:
            asked = padded(
                [np.concatenate([row, places(text)]) for row, text in zip(asked, task.judged, strict=True)]
            )
        probabilities = head.probabilities(asked)
        order = [head.label_ids.index(label) for label in task.labels]
        began = time.process_time()
        for row, sample in zip(seen.judged[:ONE_BY_ONE], task.judged, strict=False):
            head.probabilities_of_one(np.concatenate([row, places(sample)]) if counted else row)
        alone = 1000 * (time.process_time() - began) / ONE_BY_ONE
        return Answers(probabilities[:, order], fit_s, seen.ms + alone)

    return way


def on(seen: Embedded, head: Callable[[FloatArray, IntArray, FloatArray], FloatArray]) -> Way:
    """A head of scikit-learn on the embeddings."""

    def way(task: Task, drawn: IntArray) -> Answers:
        began = time.process_time()
        probabilities = head(seen.pool[drawn], task.pool_targets[drawn], seen.judged)
        return Answers(probabilities, time.process_time() - began, seen.ms)

    return way


def plain(rows: FloatArray, targets: IntArray, asked: FloatArray) -> FloatArray:
    """Logistic regression with C = 10 on centred rows of unit length."""
    centre = rows.mean(axis=0)
    model = LogisticRegression(C=10, max_iter=300, tol=1e-5).fit(normalised(rows - centre), targets)
    return np.asarray(model.predict_proba(normalised(asked - centre)), dtype=np.float32)


def whitened(rows: FloatArray, targets: IntArray, asked: FloatArray) -> FloatArray:
    """The same on whitened rows, of unit length again."""
    centre = rows.mean(axis=0)
    rows, asked = normalised(rows - centre), normalised(asked - centre)
    whitening = Whitening.of(rows, targets)
    rows, asked = normalised(whitening.rows(rows)), normalised(whitening.rows(asked))
    model = LogisticRegression(C=10, tol=1e-4, max_iter=50, class_weight="balanced").fit(rows, targets)
    return np.asarray(model.predict_proba(asked), dtype=np.float32)


def tf_idf(task: Task, drawn: IntArray) -> Answers:
    """Words with their pairs, and characters within words, with logistic regression."""
    began = time.process_time()
    model = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True),
        ),
        LogisticRegression(C=10, max_iter=300),
    ).fit([task.pool[i] for i in drawn], task.pool_targets[drawn])
    fit_s = time.process_time() - began
    began = time.process_time()
    for text in task.judged[:ONE_BY_ONE]:
        model.predict_proba([text])
    ms = 1000 * (time.process_time() - began) / ONE_BY_ONE
    return Answers(np.asarray(model.predict_proba(task.judged), dtype=np.float32), fit_s, ms)


class Rivals:
    """Other tools, in their own environment, made at the first ask; what they answered is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def way(self, name: str, task: Task, draws: dict[tuple[int, int], IntArray]) -> Way:
        """draws: all that will be asked for, by samples a label and seed: starting the tool costs more than a fit."""
        places: dict[str, tuple[int, int]] = {}

        def way(task: Task, drawn: IntArray) -> Answers:
            if not places:
                places.update(self._answered(name, task, draws))
            with np.load(self._folder / f"{_key(name, task, drawn)}.npz") as found:
                return Answers(found["probabilities"], float(found["fit_s"]), float(found["ms"]))

        return way

    def _answered(self, name: str, task: Task, draws: dict[tuple[int, int], IntArray]) -> dict[str, Any]:
        named = {_key(name, task, drawn): (at, drawn) for at, drawn in draws.items()}
        if not all((self._folder / f"{key}.npz").exists() for key in named):
            job = {
                "way": name,
                "pool": task.pool,
                "targets": task.pool_targets.tolist(),
                "types": [type.value for type in task.types],
                "judged": task.judged,
                "draws": {
                    key: {"places": drawn.tolist(), "seed": seed} for key, ((_, seed), drawn) in named.items()
                },
            }
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                json.dump(job, file)
                file.flush()
                subprocess.run(
                    [self._python, HERE / "few_shot_rivals.py", file.name, self._folder],
                    check=True,
                    stdout=sys.stderr,
                    cwd=self._folder,  # CatBoost leaves notes where it runs
                )
        return {key: at for key, (at, _) in named.items()}

    @cached_property
    def _python(self) -> Path:
        # On a machine without a graphics card the build for processors alone will do, at a tenth of the size.
        settings = {} if "UV_FIND_LINKS" in os.environ else {"UV_TORCH_BACKEND": "cpu"}
        return environment("few-shot", HERE / "few_shot_rivals.txt", settings=settings)


def _key(name: str, task: Task, drawn: IntArray) -> str:
    """Under which the answers of a tool to a draw are kept."""
    program = (HERE / "few_shot_rivals.py").read_bytes() + (HERE / "few_shot_rivals.txt").read_bytes()
    content = repr((name, [task.pool[i] for i in drawn], task.pool_targets[drawn].tolist(), task.judged))
    return f"few-shot-{name}-{hashlib.sha256(program + content.encode()).hexdigest()[:20]}"


class Ways:
    """What is compared on a task, by name, with the most seeds that each gets."""

    def __init__(self, folder: Path, sizes: Sequence[int], rivals: Sequence[str]) -> None:
        self._folder = folder
        self._sizes = sizes
        self._encoders = EncoderSet.of(Settings(data=folder))
        self._small = EncoderSet({Modality.TEXT: lambda: create("all-MiniLM-L6-v2")})
        self._rivals = Rivals(folder)
        self._asked = rivals

    def of(self, task: Task, seeds: int) -> Iterator[tuple[str, int, Way]]:
        if task.name in TEXTS:
            yield from self._texts(task, seeds)
        elif task.name in IMAGES:
            yield from self._images(task, seeds)
        else:
            seen = Embedded(task, self._encoders[Modality.TABULAR], self._folder)
            yield OURS, seeds, served(seen, None, False)
            yield from self._others(task, seeds)

    def _texts(self, task: Task, seeds: int) -> Iterator[tuple[str, int, Way]]:
        seen = Embedded(task, self._encoders[Modality.TEXT], self._folder)
        yield OURS, seeds, served(seen, self._names(self._encoders, task), False)
        yield "LR on the same embeddings", seeds, on(seen, plain)
        yield "TF-IDF, LR", seeds, tf_idf
        if "setfit" in self._asked:  # which has this encoder too
            seen = Embedded(task, self._small[Modality.TEXT], self._folder)
            yield OURS_SMALL, seeds, served(seen, self._names(self._small, task), False)
        yield from self._others(task, seeds)

    def _images(self, task: Task, seeds: int) -> Iterator[tuple[str, int, Way]]:
        seen = Embedded(task, self._encoders[Modality.IMAGE], self._folder)
        yield OURS, seeds, served(seen, self._names(self._encoders, task), True)
        yield "LR on the same embeddings", seeds, on(seen, plain)
        yield "whitened LR on the same embeddings", seeds, on(seen, whitened)

    def _names(self, encoders: EncoderSet, task: Task) -> tuple[FloatArray, BoolArray] | None:
        modality = Modality.TEXT if task.name in TEXTS else Modality.IMAGE
        embeddings = label_embeddings(encoders, modality)
        return None if embeddings is None else embeddings.of(task.labels)

    def _others(self, task: Task, seeds: int) -> Iterator[tuple[str, int, Way]]:
        for name, (said, sets) in RIVALS.items():
            if name in self._asked and task.name in sets:
                fewer = min(seeds, sets[task.name])
                draws = {(n, seed): task.draw(n, seed) for n in self._sizes for seed in range(fewer)}
                yield said, fewer, self._rivals.way(name, task, draws)


def score(answers: Answers, task: Task) -> Score:
    p = answers.probabilities
    right = p.argmax(axis=1) == task.targets
    recalls = [right[task.targets == k].mean() for k in np.unique(task.targets)]
    rng = np.random.default_rng(0)
    drawn = (p.cumsum(axis=1) < rng.random((len(p), 1))).sum(axis=1).clip(max=p.shape[1] - 1)
    return Score(
        float(right.mean()),
        float(np.mean(recalls)),
        ece(p, task.targets),
        ece(p, task.targets, weights=1 / np.bincount(task.targets)[task.targets]),
        ece(p, drawn),
        answers.fit_s,
        answers.ms,
    )


Scores = dict[str, dict[int, list[Score]]]
"""By way, and by samples a label, of each seed."""


@dataclass(frozen=True)
class Result:
    """Of one set."""

    name: str
    n_labels: int
    n_judged: int
    even: bool
    scores: Scores

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(self.scores[OURS])

    @property
    def others(self) -> set[str]:
        return set(self.scores) - {OURS, OURS_SMALL}

    def measure(self, score: Score) -> float:
        """What counts on this set."""
        return score.accuracy if self.even else score.macro_recall

    def mean(self, way: str, size: int, part: str) -> float:
        return statistics.fmean(getattr(score, part) for score in self.scores[way][size])

    def keep(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self)))

    @classmethod
    def kept(cls, file: Path) -> "Result":
        found = json.loads(file.read_text())
        scores = {
            way: {int(size): [Score(**score) for score in some] for size, some in of.items()}
            for way, of in found.pop("scores").items()
        }
        return cls(**found, scores=scores)


def result_of(task: Task, ways: Ways, sizes: Sequence[int], seeds: int) -> Result:
    found = Result(task.name, len(task.labels), len(task.targets), task.even, {})
    for name, most, way in ways.of(task, seeds):
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            found.scores[name] = {
                n: [score(way(task, task.draw(n, seed)), task) for seed in range(most)] for n in sizes
            }
        print(task.name, line(name, found), flush=True)
    return found


def line(way: str, found: Result) -> str:
    def cell(size: int) -> str:
        parts = ("accuracy",) if found.even else ("accuracy", "macro_recall")
        return " / ".join(f"{100 * found.mean(way, size, part):.1f}" for part in parts)

    def each(part: str, factor: float, digits: int) -> str:
        return " / ".join(f"{factor * found.mean(way, size, part):.{digits}f}" for size in found.sizes)

    floor = f" ({each('ece_floor', 100, 0)})" if way == OURS else ""
    ms = statistics.median(score.ms for size in found.sizes for score in found.scores[way][size])
    draws = len(found.scores[way][found.sizes[0]])
    errors, seconds = each("ece", 100, 1) + floor, each("fit_s", 1, 2)
    even = "" if found.even else each("ece_even", 100, 1)
    cells = [way, str(draws), *map(cell, found.sizes), errors, even, seconds, f"{ms:.1f}"]
    return f"| {' | '.join(cells)} |"


def gains(found: Result) -> str:
    """Noria over the best of the others at each size, over the draws that both have seen."""
    cells = []
    for size in found.sizes:
        means = {way: statistics.fmean(map(found.measure, of[size])) for way, of in found.scores.items()}
        best = max(found.others, key=means.__getitem__)
        pairs = zip(found.scores[OURS][size], found.scores[best][size], strict=False)
        gain = [100 * (found.measure(ours) - found.measure(theirs)) for ours, theirs in pairs]
        error = f" ± {statistics.stdev(gain) / len(gain) ** 0.5:.1f}" if len(gain) > 1 else ""
        cells.append(f"{statistics.fmean(gain):+.1f}{error} ({best})")
    return f"| {found.name} | {' | '.join(cells)} |"


def means(kind: Sequence[Result]) -> Iterator[str]:
    """Over the sets of a kind."""
    for way in (way for way in kind[0].scores if all(way in found.scores for found in kind)):
        cells, errors = [], []
        for size in kind[0].sizes:
            of = {
                part: 100 * statistics.fmean(found.mean(way, size, part) for found in kind)
                for part in ("accuracy", "macro_recall", "ece")
            }
            cells.append(f"{of['accuracy']:.1f} / {of['macro_recall']:.1f}")
            errors.append(f"{of['ece']:.1f}")
        yield f"| {way} | {' | '.join(cells)} | {' / '.join(errors)} |"


def report(part: str, found: dict[str, Result]) -> str:
    sizes = next(iter(found.values())).sizes
    columns = " | ".join(f"{n} a label" for n in sizes)
    dashes = "| --- " * len(sizes)
    text = HEADER.format(part=part)
    text += f"## Noria over the best other\n\n| set | {columns} |\n| --- {dashes}|\n"
    text += "".join(gains(each) + "\n" for each in found.values() if each.others)
    for kind, names in KINDS.items():
        here = [found[name] for name in names if name in found]
        if here:
            text += f"\n## {kind}\n\nMean of {len(here)} sets: accuracy / macro recall, and ECE.\n\n"
            text += f"| | {columns} | ECE, % |\n| --- {dashes}| --- |\n"
            text += "".join(each + "\n" for each in means(here))
        for each in here:
            text += f"\n### {each.name}\n\n{each.n_labels} labels, judged on {each.n_judged}.\n\n"
            text += f"| | draws | {columns} | ECE, % | labels alike | fit, s | ms an answer |\n"
            text += f"| --- | --- {dashes}| --- | --- | --- | --- |\n"
            text += "".join(line(way, each) + "\n" for way in each.scores)
    return text


def main() -> None:
    every = [name for names in KINDS.values() for name in names]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--sets", default=",".join(every), help="none: only the report, of what is kept")
    parser.add_argument("--part", choices=("test", "development"), default="test")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument(
        "--rivals", default=",".join(RIVALS), help="none: nothing that needs its own environment"
    )
    parser.add_argument("--kept", type=Path, default=KEPT)
    given = parser.parse_args()
    given.kept.mkdir(parents=True, exist_ok=True)
    sizes = [int(n) for n in given.sizes.split(",")]
    ways = Ways(given.kept, sizes, [name for name in given.rivals.split(",") if name])
    files = {name: given.kept / f"few-shot-scores-{given.part}-{name}.json" for name in every}
    for name in given.sets.split(",") if given.sets else ():
        result_of(load(given.data, name, given.part), ways, sizes, given.seeds).keep(files[name])
    text = report(given.part, {name: Result.kept(file) for name, file in files.items() if file.exists()})
    print(text)
    if given.out:
        given.out.write_text(text)


HEADER = """# Few samples a label

Made by `python bench/few_shot.py --data FOLDER`, on the {part} part: per cent right, and after a stroke macro recall where
the labels are not equally frequent (draws always are); mean of the draws. *ECE*: expected calibration error at 2 / 4 / 8 / 16
a label, in brackets what a model with Noria's confidences would show on so few rows if it were calibrated perfectly; *labels alike*: of sets whose labels are not
equally frequent, the same with all labels weighing alike, as in the draws, which is all that a model can know of how frequent they are.
*Fit* and *ms*: of processor on one core, embeddings of the drawn samples aside (they are made when a sample comes). Above
all, what Noria gains over whichever of the others is best in that cell, over the draws that both have seen, with the
standard error: in accuracy for even sets, in macro recall for uneven ones.

SetFit is contrastive fine-tuning of MiniLM with 20 pairs a text, at most 3,000; FLAML tries 30 models. The recipes for
tables are skrub's TableVectorizer, then logistic regression and a forest, averaged, or CatBoost. At most 1,500 rows of the
part are judged, drawn by a fixed seed. A way that is missing at a set has not been run there.

"""

if __name__ == "__main__":
    main()
