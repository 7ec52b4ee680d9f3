"""Accuracy of served table functions at few samples a label, beside the usual recipes on the same draws.

    pip install skrub catboost
    python bench/tables.py --data FOLDER --out bench/results/tables.md [--sets telco_churn,adult] [--seeds 5]

FOLDER holds NAME.csv.gz with a column label, a column split (train, test) and one for each field. Served: rows through
the row encoder and `train()` as the server calls it. Recipes: skrub's TableVectorizer with default settings, then
CatBoost, or the mean of logistic regression and a random forest. Without texts: as served, but texts that hardly repeat
are not looked at. Trees only, regression only: one of the two members that are averaged.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from few_shot_sets import Cells, as_row, tables
from threadpoolctl import threadpool_limits

from noria.encoders import EncoderSet
from noria.learning.arrays import FloatArray, IntArray
from noria.learning.calibration import ece
from noria.learning.head import softmax
from noria.learning.rows import Layout
from noria.learning.rows.row_head import RowHead, fit_row_head
from noria.learning.training import TrainingSet, train
from noria.records.field import FieldType
from noria.records.function import Modality
from noria.settings import Settings

SETS = ("telco_churn", "adult", "bank_marketing", "titanic", "video_games")
PER_LABEL = (2, 8, 16, 64)
TEST_ROWS, POOL = 1000, 150  # rows tested on, and rows a label to draw from


@dataclass(frozen=True)
class Table:
    types: tuple[FieldType, ...]
    labels: tuple[str, ...]
    pool: list[Cells]
    pool_targets: IntArray
    test: list[Cells]
    test_targets: IntArray
    pool_embeddings: FloatArray
    test_embeddings: FloatArray

    @property
    def layout(self) -> Layout:
        return Layout(self.types, (True,) * len(self.types))

    def draw(self, per_label: int, seed: int) -> IntArray:
        """Places in the pool."""
        rng = np.random.default_rng(seed)
        places = [np.flatnonzero(self.pool_targets == k) for k in range(len(self.labels))]
        return np.concatenate([rng.permutation(each)[:per_label] for each in places])


def load(folder: Path, name: str, encoder: EncoderSet) -> Table:
    types, train, test = tables(folder, name)
    labels = tuple(sorted({label for _, label in train}))
    rng = np.random.default_rng(0)
    test = [test[i] for i in rng.permutation(len(test))[:TEST_ROWS]]
    pool: list[tuple[Cells, str]] = []
    for label in labels:
        here = [row for row in train if row[1] == label]
        pool += [here[i] for i in rng.permutation(len(here))[:POOL]]

    def split(rows: list[tuple[Cells, str]]) -> tuple[list[Cells], IntArray, FloatArray]:
        cells = [sample for sample, _ in rows]
        return cells, np.array([labels.index(label) for _, label in rows]), _embedded(types, encoder, cells)

    learned, learned_targets, learned_embeddings = split(pool)
    judged, targets, embeddings = split(test)
    return Table(types, labels, learned, learned_targets, judged, targets, learned_embeddings, embeddings)


def _embedded(types: tuple[FieldType, ...], encoder: EncoderSet, rows: list[Cells]) -> FloatArray:
    return np.concatenate([encoder[Modality.TABULAR].embed([as_row(types, cells)]) for cells in rows])


Way = Callable[[Table, IntArray], FloatArray]
"""Probabilities of the test rows, from the drawn ones."""


def served(table: Table, drawn: IntArray) -> FloatArray:
    n = len(drawn)
    given = TrainingSet(
        embeddings=table.pool_embeddings[drawn],
        targets=table.pool_targets[drawn],
        label_ids=table.labels,
        digests=[int(i).to_bytes(8) for i in drawn],
        weights=np.ones(n, dtype=np.float32),
        captured=np.zeros(n, dtype=np.bool_),
        layout=table.layout,
    )
    return train(given, None).head.probabilities(table.test_embeddings)


def _head(table: Table, drawn: IntArray) -> RowHead:
    return fit_row_head(table.pool_embeddings[drawn], table.pool_targets[drawn], table.labels, table.layout)


def trees(table: Table, drawn: IntArray) -> FloatArray:
    head = _head(table, drawn)
    return head.forest.probabilities(head.vectoriser.features(table.test_embeddings))


def regression(table: Table, drawn: IntArray) -> FloatArray:
    head = _head(table, drawn)
    return softmax(head.vectoriser.features(table.test_embeddings) @ head.weights + head.bias)


def without_texts(table: Table, drawn: IntArray) -> FloatArray:
    head = _head(table, drawn)
    kept = replace(head.vectoriser, columns=tuple(replace(c, free=False) for c in head.vectoriser.columns))
    from noria.learning.rows.row_head import fit_members

    features = kept.features(table.pool_embeddings[drawn])
    everything = np.ones(features.shape[1], dtype=np.bool_)
    members = fit_members(features, table.pool_targets[drawn], 10.0, everything)
    return sum(m.predict_proba(kept.features(table.test_embeddings)) for m in members) / 2


def vote_recipe(table: Table, drawn: IntArray) -> FloatArray:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    rows, test = vectorised(table, drawn)
    targets = table.pool_targets[drawn]
    scaler = StandardScaler().fit(rows)
    linear = LogisticRegression(C=1.0, max_iter=500).fit(scaler.transform(rows), targets)
    forest = RandomForestClassifier(200, random_state=0).fit(rows, targets)
    return (linear.predict_proba(scaler.transform(test)) + forest.predict_proba(test)) / 2


def catboost_recipe(table: Table, drawn: IntArray) -> FloatArray:
    from catboost import CatBoostClassifier

    rows, test = vectorised(table, drawn)
    model = CatBoostClassifier(
        iterations=200, verbose=0, random_seed=0, thread_count=1, allow_writing_files=False
    )
    return model.fit(rows, table.pool_targets[drawn]).predict_proba(test)


def vectorised(table: Table, drawn: IntArray) -> tuple[np.ndarray, np.ndarray]:
    import pandas
    from skrub import TableVectorizer

    def frame(rows: list[Cells]) -> "pandas.DataFrame":
        return pandas.DataFrame(
            {
                f"f{i}": pandas.Series(
                    [row[i] for row in rows], dtype=float if type is FieldType.NUMBER else object
                )
                for i, type in enumerate(table.types)
            }
        )

    vectoriser = TableVectorizer()
    rows = vectoriser.fit_transform(frame([table.pool[i] for i in drawn]))
    return tuple(  # type: ignore[return-value]
        np.nan_to_num(np.asarray(part, dtype=float))
        for part in (rows, vectoriser.transform(frame(table.test)))
    )


WAYS: dict[str, Way] = {
    "**served**": served,
    "recipe: vote": vote_recipe,
    "recipe: CatBoost": catboost_recipe,
    "without texts": without_texts,
    "trees only": trees,
    "regression only": regression,
}


@dataclass(frozen=True)
class Score:
    accuracy: float
    macro_recall: float
    ece: float
    seconds: float


def score(way: Way, table: Table, drawn: IntArray) -> Score:
    began = time.process_time()
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        p = np.asarray(way(table, drawn), dtype=np.float32)
    seconds = time.process_time() - began
    right = p.argmax(axis=1) == table.test_targets
    present = [k for k in range(len(table.labels)) if (table.test_targets == k).any()]
    recall = np.mean([right[table.test_targets == k].mean() for k in present])
    return Score(float(right.mean()), float(recall), ece(p, table.test_targets), seconds)


def line(name: str, scores: list[list[Score]]) -> str:
    """scores: of each size, those of all seeds and sets."""
    cells = [
        f"{100 * np.mean([s.accuracy for s in some]):.1f} / {100 * np.mean([s.macro_recall for s in some]):.1f}"
        for some in scores
    ]
    errors = " / ".join(f"{100 * np.mean([s.ece for s in some]):.0f}" for some in scores)
    seconds = " / ".join(f"{np.median([s.seconds for s in some]):.1f}" for some in scores)
    return f"| {name} | {' | '.join(cells)} | {errors} | {seconds} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    encoder = EncoderSet.of(Settings())
    head = (
        f"| | {' | '.join(f'{n} a label' for n in PER_LABEL)} | ECE, % | processor seconds |\n"
        + "| --- " * (3 + len(PER_LABEL))
        + "|"
    )
    text, all_scores = (
        HEADER.format(seeds=given.seeds, rows=TEST_ROWS),
        {way: [[] for _ in PER_LABEL] for way in WAYS},
    )
    for name in given.sets.split(","):
        table = load(given.data, name, encoder)
        text += f"## {name}\n\n{len(table.labels)} labels, {sum(t is FieldType.NUMBER for t in table.types)} number and {sum(t is FieldType.TEXT for t in table.types)} text fields.\n\n{head}\n"
        for way, run in WAYS.items():
            scores = [
                [score(run, table, table.draw(n, seed)) for seed in range(given.seeds)] for n in PER_LABEL
            ]
            for total, some in zip(all_scores[way], scores, strict=True):
                total += some
            text += line(way, scores) + "\n"
            print(name, line(way, scores), flush=True)
        text += "\n"
    text += f"## All\n\n{head}\n" + "".join(line(way, scores) + "\n" for way, scores in all_scores.items())
    print(text)
    if given.out:
        given.out.write_text(text)


HEADER = """# Few-shot accuracy of tables

Made by `python bench/tables.py --data FOLDER`: accuracy / macro recall in percent, mean of {seeds} draws, at most {rows} test
rows. The draws are even; the test parts have their own mix. *Processor seconds*: to learn and to answer the test rows, median; served learns
six times for its cross-validation.

"""

if __name__ == "__main__":
    main()
