"""Sentences are found whole, and put back with their tags and values."""

import pytest

from noria.server.dashboard.languages.markup import Where, translate, value

A, B = value(0), value(1)


def found(flat: str, *names: str, where: Where | None = None) -> list[str]:
    sentences: list[str] = []

    def note(text: str) -> str:
        sentences.append(text)
        return text

    assert (
        translate(flat, names, where or Where(), note) == flat
    )  # what is looked up and not changed stays to the byte
    return sentences


@pytest.mark.parametrize(
    ("html", "sentences"),
    [
        ("<h1>Labels</h1>", ["Labels"]),
        ("<p>First one.</p><p>Second one.</p>", ["First one.", "Second one."]),
        ('<p><a href="/x">Metrics</a></p>', ["Metrics"]),
        ('<p>See <a href="/x">Metrics</a> first.</p>', ["See <1>Metrics</1> first."]),
        ("<p>Press <kbd>Enter</kbd> to save</p>", ["Press <1>Enter</1> to save"]),
        ("<p><kbd>Ctrl</kbd> <kbd>Enter</kbd></p>", []),
        ("<p>12 %</p>", []),
        ('<input placeholder="Start typing" value="Not this">', ["Start typing"]),
        ('<img alt="A picture" title="Its name">', ["A picture", "Its name"]),
        ("<script>if (a < b) alert('No')</script><p>Yes</p>", ["Yes"]),
        ("<!-- A remark --><b>Said</b>", ["Said"]),
        ("<!doctype html><title>Here</title>", ["Here"]),
        ("one</a> and <b>two", ["one", "and", "two"]),
    ],
)
def test_a_sentence_stands_between_tags_that_break_a_line(html: str, sentences: list[str]) -> None:
    assert found(html) == sentences


def test_lines_of_a_template_are_no_part_of_a_sentence() -> None:
    assert translate("<p>\n  Two\n  lines\n</p>", (), Where(), str.upper).split() == [
        "<p>",
        "TWO",
        "LINES",
        "</p>",
    ]


def test_values_have_names_and_twice_the_same_name_is_told_apart() -> None:
    assert found(f"<p>{A} of {B} waits</p>", "count", "count") == ["{count} of {count2} waits"]


def test_another_language_orders_values_and_tags_as_it_needs() -> None:
    english = f'<p>Of <b>{A}</b> there are <a href="/x">{B}</a>.</p>'
    said = translate(english, ("name", "n"), Where(), lambda _: "<2>{n}</2> von <1>{name}</1>.")
    assert said == f'<p><a href="/x">{B}</a> von <b>{A}</b>.</p>'


def test_a_tag_that_a_statement_cuts_is_no_text() -> None:
    where = Where()
    assert found('<a class="button" href="/x"', where=where) == []
    assert where.in_tag
    assert found(' title="Go there">Go</a>', where=where) == ["Go there", "Go"]
    assert not where.in_tag


def test_what_a_script_holds_stays_whole_over_several_pieces() -> None:
    where = Where()
    assert found("<script>const a = 'text one';", where=where) == []
    assert found("'text two'</script><p>Read this</p>", where=where) == ["Read this"]
