"""The labels that are mixed up, on the Metrics page: the worst pairs, and small matrices of those that stand together."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from noria.estimate.confusion import Confusion
from noria.estimate.mixed_up import Group, MixedUp
from noria.server.dashboard import pages, words
from noria.server.dashboard.languages import Later, t

CALLS, SAMPLES = "", "samples"
_WORST = 10
_SHADES = 5
_GONE = Later("a deleted label")


@dataclass(frozen=True, slots=True)
class Cell:
    said: str  # what it holds, in words
    shown: str  # the same as a short figure; empty for nothing
    shade: int  # 0 to 5, by its share of the row
    right: bool  # on the diagonal
    samples: str  # address of the samples behind it


@dataclass(frozen=True, slots=True)
class Matrix:
    """One group, row by row."""

    names: list[str]
    rows: list[list[Cell]]
    title: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Pair:
    true: str
    answered: str
    amount: str
    confusion: Confusion | None  # its share of traffic with the interval, where that is estimated
    samples: str
    merge: str  # empty where one of the two is gone
    guideline: str


@dataclass(frozen=True, slots=True)
class Mistakes:
    """One of the two views, as the template draws it."""

    of: str  # CALLS or SAMPLES
    pairs: list[Pair]
    more: int  # pairs not listed
    matrices: list[Matrix]
    between: str
    never: int
    any: bool  # whether there is anything judged

    @classmethod
    def of_view(
        cls,
        found: MixedUp | None,
        of: str,
        names: Mapping[str, str],
        url: str,
        shares: Mapping[tuple[str, str], Confusion],
    ) -> "Mistakes":
        """names: of the function's labels by id.   shares: of traffic by (true, answered), with their intervals."""
        if found is None or found.total <= 0:
            return cls(of, [], 0, [], "", 0, False)
        listed = [
            Pair(
                names.get(true, _GONE),
                names.get(answered, _GONE),
                _amount(n, of, found.total),
                shares.get((true, answered)) if of == CALLS else None,
                _samples(url, true, answered),
                f"{url}/labels/{true}/merge?into={answered}" if {true, answered} <= names.keys() else "",
                f"{url}/labels/{true}" if true in names else "",
            )
            for true, answered, n in found.pairs[:_WORST]
        ]
        between = _amount(found.between, of, found.total) if found.between > 1e-9 * found.total else ""
        return cls(
            of,
            listed,
            max(0, len(found.pairs) - _WORST),
            [_matrix(group, found, of, names, url) for group in found.groups],
            between,
            found.never,
            True,
        )


def _matrix(group: Group, found: MixedUp, of: str, names: Mapping[str, str], url: str) -> Matrix:
    known = [names.get(id, _GONE) for id in group.label_ids]
    rows = [
        [
            _cell(
                amount,
                found.of_label.get(true, 0.0),
                known[i],
                known[j],
                of,
                i == j,
                _samples(url, true, answered),
            )
            for j, (answered, amount) in enumerate(zip(group.label_ids, row, strict=True))
        ]
        for i, (true, row) in enumerate(zip(group.label_ids, group.amounts, strict=True))
    ]
    title = " · ".join(known[:4]) + (t(" and {known} more", known=len(known) - 4) if len(known) > 4 else "")
    return Matrix(known, rows, title, _amount(group.wrong, of, found.total))


def _cell(amount: float, whole: float, true: str, answered: str, of: str, right: bool, samples: str) -> Cell:
    share = amount / whole if whole > 0 else 0.0
    what = t("samples") if of == SAMPLES else t("calls")
    said = (
        t(
            "“{true}” answered rightly: {share} of its {what}",
            true=true,
            share=words.percent(share),
            what=what,
        )
        if right
        else t(
            "“{true}” answered as “{answered}”: {share} of its {what}",
            true=true,
            answered=answered,
            share=words.percent(share),
            what=what,
        )
    )
    if of == SAMPLES and amount:
        said += t(", {amount}", amount=words.plural(amount, "sample"))
    shown = "" if not amount else words.count(amount) if of == SAMPLES else words.percent(share)
    return Cell(said, shown, math.ceil(_SHADES * math.sqrt(share)) if amount else 0, right, samples)


def _amount(n: float, of: str, total: float) -> str:
    """
    >>> _amount(3, SAMPLES, 60), _amount(3, CALLS, 60).replace(words.NARROW, " ")
    ('3 samples', '5 % of calls')
    """
    return words.plural(n, "sample") if of == SAMPLES else t("{n} of calls", n=words.percent(n / total))


def _samples(url: str, true: str, answered: str) -> str:
    return pages.address(f"{url}/samples", label=true, predicted=answered)
