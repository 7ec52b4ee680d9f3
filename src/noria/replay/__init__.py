"""Labelled streams through the true policy in fast time."""

from noria.replay.comparison import Comparison, Difference, Outcome, compare
from noria.replay.rows import LabelNames, Rows, Stream, embedded, split
from noria.replay.run import Point, Replay, measure, run
from noria.replay.ways import POLICIES, Capturer, Taken, Way, ways

__all__ = [
    "POLICIES",
    "Capturer",
    "Comparison",
    "Difference",
    "LabelNames",
    "Outcome",
    "Point",
    "Replay",
    "Rows",
    "Stream",
    "Taken",
    "Way",
    "compare",
    "embedded",
    "measure",
    "run",
    "split",
    "ways",
]
