"""Out-of-fold logits: every sample scored by a head that has not seen it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from noria.learning.arrays import BoolArray, FloatArray, IntArray
from noria.learning.head import Head
from noria.learning.heads import AnyHead

NEVER_HELD_OUT = -1

_UNKNOWN = -1e4  # logit of a label that a head does not know

# Products of samples and labels up to which that many folds are fitted; one fit costs about a second per million.
_FIVE_FOLDS, _THREE_FOLDS = 40_000, 200_000


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Scores of the samples that were held out once; those that never were have zeros."""

    logits: FloatArray  # (n, k)
    scored: BoolArray  # (n,)
    n_folds: int  # heads fitted; 1: one held-out part
    heads: tuple[Head, ...] = ()  # of parts that last, in their order


@dataclass(frozen=True, slots=True)
class Plan:
    """Into how many parts the samples are split, and how many of these are held out in turn."""

    n_parts: int
    n_held_out: int
    parts: IntArray | None = field(default=None, compare=False)  # of each sample, (n,), where these last


def plan_for(n: int, k: int) -> Plan:
    """Five folds while that is quick, then three, then a single held-out fifth."""
    if n * k <= _FIVE_FOLDS:
        return Plan(5, 5)
    if n * k <= _THREE_FOLDS:
        return Plan(3, 3)
    return Plan(5, 1)


def folds(targets: IntArray, digests: Sequence[bytes], n_parts: int) -> IntArray:
    """The part that each sample belongs to, (n,) in 0 … n_parts-1, or NEVER_HELD_OUT.

    A sample's part comes from its digest, so it seldom changes as samples are added. No part holds more than its
    share of a label, rounded up: the surplus moves on to the next with room. So a label with two samples or more
    is always left with one to learn from; a label's only sample is never held out.
    """
    keys = _keys(digests)
    wanted = _wanted(keys, n_parts)
    order = sorted(range(len(keys)), key=keys.__getitem__)
    counts = np.bincount(targets) if len(targets) else np.zeros(1, dtype=np.int64)
    room = np.repeat((-(-counts // n_parts))[:, None], n_parts, axis=1)
    parts = np.full(len(targets), NEVER_HELD_OUT, dtype=np.int64)
    for i in order:
        label = targets[i]
        if counts[label] < 2:
            continue
        part = wanted[i]
        while room[label, part] == 0:
            part = (part + 1) % n_parts
        room[label, part] -= 1
        parts[i] = part
    return parts


def lasting_parts(digests: Sequence[bytes], n_parts: int) -> IntArray:
    """The part that each sample belongs to for good, (n,) in 0 … n_parts-1: its digest alone says so."""
    return _wanted(_keys(digests), n_parts)


def _keys(digests: Sequence[bytes]) -> list[bytes]:
    return [hashlib.blake2b(digest, digest_size=8).digest() for digest in digests]


def _wanted(keys: Sequence[bytes], n_parts: int) -> IntArray:
    return (np.frombuffer(b"".join(keys), dtype=">u8") % n_parts).astype(np.int64)


def out_of_fold(
    embeddings: FloatArray,
    targets: IntArray,
    digests: Sequence[bytes],
    k: int,
    fit: Callable[[BoolArray], AnyHead],
    plan: Plan,
) -> OutOfFold:
    """Hold out one part after the other and score it.

    fit: makes a head of all k labels, in the order of the targets, from the samples where the mask is true.
    """
    parts = folds(targets, digests, plan.n_parts)
    logits = np.zeros((len(targets), k), dtype=np.float32)
    scored = np.zeros(len(targets), dtype=np.bool_)
    n_folds = 0
    for part in range(plan.n_parts):
        held_out = parts == part
        if (
            n_folds < plan.n_held_out and held_out.any()
        ):  # a part may be empty while most labels have one sample
            logits[held_out] = fit(~held_out).logits(embeddings[held_out])
            scored |= held_out
            n_folds += 1
    return OutOfFold(logits, scored, n_folds)


def lasting_out_of_fold(
    embeddings: FloatArray,
    targets: IntArray,
    parts: IntArray,
    label_ids: Sequence[str],
    fit: Callable[[BoolArray, int], Head],
    n_held_out: int,
) -> OutOfFold:
    """The same of parts that samples never leave, so that a part's head may go on from the one of the version before.

    fit: makes a head from the samples where the mask is true, of the labels that these have, and of the part that is
    held out. A sample of another label is not scored: that head can't know it.
    """
    place = {label_id: i for i, label_id in enumerate(label_ids)}
    logits = np.full((len(targets), len(label_ids)), _UNKNOWN, dtype=np.float32)
    scored = np.zeros(len(targets), dtype=np.bool_)
    heads = []
    for part in range(n_held_out):
        held_out = parts == part
        head = fit(~held_out, part)
        columns = [place[label_id] for label_id in head.label_ids]
        logits[np.ix_(held_out, columns)] = head.logits(embeddings[held_out])
        scored |= held_out & np.isin(targets, columns)
        heads.append(head)
    logits[~scored] = 0
    return OutOfFold(logits, scored, n_held_out, tuple(heads))
