"""The sentences and words of a long text that an answer leans on.

What a piece tells for a label is seen twice, in log-odds: in what it says alone, beyond an empty text, and in what the whole
lacks without it: the first and the last step of its Shapley value [Shapley1953]. Leaving out by itself [Zeiler2014] [Li2016]
sees little in a text that says the same thing twice, and costs the whole text once a sentence; a sentence alone costs
little, but is seen out of its context. So all are asked alone, and only the best few are left out
(docs/decisions/telling-words.md). Of the words, those tell that their sentence lacks most. A mark says what the model leaned
on, never that it was right.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noria.learning.arrays import FloatArray
from noria.learning.pieces import Span, pieces, without, words

LogOdds = NDArray[np.float64]
Ask = Callable[[Sequence[str]], LogOdds]
"""n texts -> (n,), how much each speaks for the label: see `log_odds`."""

MOST_TELLING = 3  # pieces
_CANDIDATES = 6  # pieces that are left out of the whole
_LEAST = 0.15  # log-odds: what changes the answer less, from 50 % to 46 %, tells nothing
_RUNS = 8  # of words in a piece
_MOST_RUNS = 3  # that are marked
_CARRIED = 0.6  # of what the words of a piece tell, by those that are marked
_TINY = 1e-7


@dataclass(frozen=True, slots=True)
class Telling:
    """Where a text speaks for a label, in the order of the text; both are empty where nothing stands out."""

    pieces: tuple[Span, ...] = ()  # sentences, or parts of long ones
    words: tuple[Span, ...] = ()  # inside of these; a whole piece where none of its words stands out


def telling(text: str, ask: Ask, upto: int | None = None) -> Telling:
    """Up to three pieces of a text that speak for the label that is asked about, and their words.

    ask: called with some short texts, and with the whole at most seven times, one text a call.
    upto: characters of the text that the model reads, by default all.
    """
    text = text[:upto]  # else what was not read would take the place of what is left out
    found = pieces(text)
    if len(found) < 2:
        return Telling()
    alone = ask([text[a:b] for a, b in found]) - ask([""])
    candidates = _standing_out(alone)
    if not candidates:
        return Telling()
    whole = ask([text])[0]
    missing = np.array([whole - ask([without(text, found[i])])[0] for i in candidates])
    chosen = sorted(candidates[i] for i in _best(alone[candidates], missing))
    marked = [word for i in chosen for word in _telling_words(text, found[i], ask)]
    return Telling(tuple(found[i] for i in chosen), tuple(marked))


def log_odds(probabilities: FloatArray, label: int) -> LogOdds:
    """Of a label against all others together: (n, k) -> (n,). They grow on where a probability is nearly 1.

    Rows that sum to 1: the others' probabilities are added up, so that nothing is lost near 1. Of a single column, and of
    tags, whose probabilities have nothing to do with each other, see `log_odds_of_tag`.
    """
    p = probabilities.astype(np.float64)
    others = np.delete(p, label, axis=1).sum(axis=1)
    return np.asarray(np.log(np.maximum(p[:, label], _TINY**2)) - np.log(np.maximum(others, _TINY**2)))


def log_odds_of_tag(probabilities: FloatArray, tag: int) -> LogOdds:
    """Of a tag that is there against that it is not: (n, k) -> (n,), in about ±16."""
    p = probabilities[:, tag].astype(np.float64)
    return np.asarray(np.log(np.maximum(p, _TINY)) - np.log(np.maximum(1 - p, _TINY)))


def _standing_out(alone: LogOdds) -> list[int]:
    """The pieces that say more than an empty text and than the others do on average, the strongest first."""
    least = max(_LEAST, float(alone.mean()) + _LEAST)
    order = np.argsort(-alone, kind="stable")[:_CANDIDATES]
    return [int(i) for i in order if alone[i] >= least]


def _best(alone: LogOdds, missing: LogOdds) -> list[int]:
    """Those that the whole misses, by the sum of their places in both orders: the two have no scale in common."""
    places = _places(alone) + _places(missing)
    order = np.lexsort((-alone, places))
    return [int(i) for i in order if missing[i] > 0][:MOST_TELLING]


def _places(values: LogOdds) -> NDArray[np.int64]:
    """0 for the largest."""
    return np.argsort(np.argsort(-values, kind="stable"), kind="stable")


def _telling_words(text: str, piece: Span, ask: Ask) -> list[Span]:
    """The runs of words that their piece misses most, neighbours in one; the whole piece where none stands out."""
    runs = words(text, piece, _RUNS)
    if len(runs) < 2:
        return [piece]
    said = text[piece.start : piece.end]
    moved = [Span(a - piece.start, b - piece.start) for a, b in runs]
    answers = ask([said, *(without(said, run) for run in moved)])
    missing = np.maximum(answers[0] - answers[1:], 0.0)
    kept: list[int] = []
    for i in np.argsort(-missing, kind="stable")[:_MOST_RUNS]:
        if missing[i] < _LEAST or missing[kept].sum() >= _CARRIED * missing.sum():
            break
        kept.append(int(i))
    return _together([runs[i] for i in sorted(kept)], text) or [piece]


def _together(runs: Sequence[Span], text: str) -> list[Span]:
    """Runs with nothing but blanks between them as one."""
    joined: list[Span] = []
    for run in runs:
        if joined and not text[joined[-1].end : run.start].strip():
            joined[-1] = Span(joined[-1].start, run.end)
        else:
            joined.append(run)
    return joined
