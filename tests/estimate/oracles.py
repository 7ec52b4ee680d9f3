"""What other packages say of traffic that everybody can remake: kept in `oracles.json`, checked by `test_oracles.py`.

    pip install -e '.[oracles]'
    python tests/estimate/oracles.py > tests/estimate/oracles.json

ppi-python: the mean with the help of predictions [Angelopoulos2023]; NannyML: accuracy without labels, by CBPE; QuaPy:
class balance without labels. No random numbers: the rows come from golden sections, so any machine makes the same.
"""

import json
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

LABELS = ("a", "b", "c")
N_CALLS, N_LABELLED = 4_000, 240


@dataclass(frozen=True)
class Calls:
    """Calls with their calibrated probabilities, (n, n_labels), and true labels, (n,)."""

    probabilities: np.ndarray
    true: np.ndarray

    @classmethod
    def made(cls) -> "Calls":
        """True labels follow the probabilities."""
        i = np.arange(1, N_CALLS + 1)
        logits = np.column_stack([4 * section(i, 2), 3 * section(i, 3), 2.5 * section(i, 5)])
        probabilities = np.exp(2 * logits)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        true = (section(i, 7)[:, None] > probabilities.cumsum(axis=1)).sum(axis=1)
        return cls(probabilities, np.minimum(true, len(LABELS) - 1))

    @classmethod
    def later(cls) -> "Calls":
        """The first label has become twice as frequent beside the others, which the probabilities do not know."""
        calls = cls.made()
        kept = (calls.true == 0) | (np.arange(N_CALLS) % 2 == 0)
        return cls(calls.probabilities[kept], calls.true[kept])

    @property
    def predicted(self) -> np.ndarray:
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> np.ndarray:
        return self.probabilities.max(axis=1)

    @property
    def correct(self) -> np.ndarray:
        return (self.predicted == self.true).astype(float)

    @property
    def labelled(self) -> np.ndarray:
        """Places of those that a person looked at, evenly chosen."""
        return np.argsort(section(np.arange(1, len(self.true) + 1), 11))[:N_LABELLED]


def section(i: np.ndarray, prime: int) -> np.ndarray:
    """Evenly spread numbers in [0, 1), unlike those of other primes."""
    return (i * np.sqrt(prime)) % 1.0


def told() -> dict[str, object]:
    """By package; each needs its own."""
    return {"ppi-python": ppi(), "nannyml": cbpe(), "quapy": quantified()}


def ppi() -> dict[str, object]:
    from ppi_py import ppi_mean_ci, ppi_mean_pointestimate

    calls = Calls.made()
    rest = np.setdiff1d(np.arange(N_CALLS), calls.labelled)
    given = (calls.correct[calls.labelled], calls.confidence[calls.labelled], calls.confidence[rest])
    low, high = ppi_mean_ci(*given, alpha=0.05)
    plain = ppi_mean_pointestimate(*given, lam=0)
    return {
        "version": version("ppi-python"),
        "accuracy": float(np.ravel(ppi_mean_pointestimate(*given))[0]),
        "interval": [float(np.ravel(low)[0]), float(np.ravel(high)[0])],
        "without predictions": float(np.ravel(plain)[0]),
    }


def cbpe() -> dict[str, object]:
    import pandas
    from nannyml import CBPE

    def frame(calls: Calls) -> "pandas.DataFrame":
        columns = {f"p_{label}": calls.probabilities[:, k] for k, label in enumerate(LABELS)}
        names = np.array(LABELS)
        return pandas.DataFrame(columns | {"answered": names[calls.predicted], "label": names[calls.true]})

    estimator = CBPE(
        y_pred_proba={label: f"p_{label}" for label in LABELS},
        y_pred="answered", y_true="label", metrics=["accuracy"],
        problem_type="classification_multiclass", chunk_number=1,
    )  # fmt: skip
    estimator.fit(frame(Calls.made()))
    found = estimator.estimate(frame(Calls.later())).to_df()
    return {"version": version("nannyml"), "accuracy": float(found["accuracy"]["value"].iloc[-1])}


def quantified() -> dict[str, object]:
    import quapy
    from quapy.method.aggregative import EMQ, PCC
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Given(ClassifierMixin, BaseEstimator):
        """A classifier whose inputs are its probabilities."""

        def fit(self, x: np.ndarray, y: np.ndarray) -> "Given":
            self.classes_ = np.arange(len(LABELS))
            return self

        def predict_proba(self, x: np.ndarray) -> np.ndarray:
            return x

        def predict(self, x: np.ndarray) -> np.ndarray:
            return x.argmax(axis=1)

    before, after = Calls.made(), Calls.later()
    quapy.environ["_R_SEED"] = 0
    found = {}
    for name, method in (("PCC", PCC(Given())), ("EMQ", EMQ(Given()))):
        method.fit(before.probabilities, before.true)
        found[name] = [float(p) for p in method.predict(after.probabilities)]
    return {"version": version("QuaPy"), "balance": found}


if __name__ == "__main__":
    print(json.dumps(told(), indent=2))
