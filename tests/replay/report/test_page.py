"""The report is one document that needs nothing else."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from replay_samples import compared, stream

from noria.replay import compare, ways
from noria.replay.report import Facts, facts_of, report

FACTS = Facts("x", "hashing", 20, 2, 6, 10, 0, ("a", 3), ("b", 17))


@pytest.fixture(scope="module")
def page() -> str:
    given = stream()
    found = compare(given, ways(), budget=60, rounds=3, seeds=3)
    return report(found, facts_of(given, "<b>tickets</b>", "hashing@1", {"First seed": "0"}))


def test_nothing_is_fetched_and_nothing_runs(page: str) -> None:
    assert not re.search(r"<script|<link|\bsrc=|\bhref=|url\(|@import|\bon\w+=|\bstyle=", page)
    assert "default-src 'none'" in page


def test_the_style_is_the_one_that_the_policy_allows(page: str) -> None:
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert [b64encode(sha256(each.encode()).digest()).decode() in page for each in style] == [True]


def test_names_are_escaped(page: str) -> None:
    assert "<b>tickets" not in page
    assert "&lt;b&gt;tickets" in page


def test_each_plot_has_a_title_and_a_table(page: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) == 6  # two curves, labels, captures, and estimates of the two ways that draw
    for figure in figures:
        assert re.search(
            r'role="img" aria-labelledby="([\w-]+)".*?<title id="\1">.+?</title>', figure, re.DOTALL
        )
        assert "<table>" in figure


def test_no_id_is_given_twice(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_what_is_opened_is_closed(page: str) -> None:
    void = {"meta", "circle", "rect", "line", "path", "polygon", "polyline"}
    opened: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in void:
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            pass

    Reader().feed(page)
    assert opened == []


def test_the_live_accuracy_stands_beside_the_truth(page: str) -> None:
    assert re.search(
        r"<strong>random</strong>: the 95 % interval held the truth \d of \d times over 3 replays", page
    )
    assert "“confidence” does not draw its captures" in page


def test_the_first_sentence_tells_more_than_chance() -> None:
    page = report(compared(one=[0.8, 0.82, 0.84], other=[0.7, 0.73, 0.75]), FACTS)
    verdict = re.search(r'class="verdict">(.*?)</p>', page)
    assert verdict
    assert "“one” recognised 82.0\u202f%" in verdict[1]
    assert "9.3 points more than “other”, which is more than chance" in verdict[1]


def test_the_first_sentence_tells_what_may_be_chance() -> None:
    assert "which may be chance" in report(compared(one=[0.8, 0.6, 0.7], other=[0.6, 0.8, 0.68]), FACTS)


def test_one_policy_and_one_replay_make_a_report_too() -> None:
    assert "“one” recognised 80.0" in report(compared(one=[0.8]), FACTS)
