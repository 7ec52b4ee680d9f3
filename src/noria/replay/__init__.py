"""Labelled streams through the true policy in fast time."""

from noria.replay.rows import LabelNames, Rows, embedded
from noria.replay.run import Point, Replay, measure, run
from noria.replay.ways import POLICIES, Capturer, Way

__all__ = [
    "POLICIES",
    "Capturer",
    "LabelNames",
    "Point",
    "Replay",
    "Rows",
    "Way",
    "embedded",
    "measure",
    "run",
]
