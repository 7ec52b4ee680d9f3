"""A comparison as one HTML file that anyone can open: no network, no scripts."""

from noria.replay.report.page import Facts, facts_of, report

__all__ = ["Facts", "facts_of", "report"]
