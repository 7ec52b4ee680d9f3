"""Templates come out in another language, whatever stands between their words."""

from jinja2 import DictLoader, Environment

from noria.server.dashboard.languages.template import TranslatedEnvironment, nouns, texts

GERMAN = {
    "{n} of {total} wait for <1>a label</1>.": "Auf <1>ein Label</1> warten {n} von {total}.",
    "Nothing waits.": "Nichts wartet.",
    "Save it": "Speichern",
    "Change it": "Ändern",
    "None of these": "Nichts davon",
}


def rendered(source: str, **facts: object) -> str:
    environment = TranslatedEnvironment(loader=DictLoader({"page": source}), autoescape=True)
    environment.lookup = lambda text: GERMAN.get(text, text)
    return environment.get_template("page").render(**facts)


def test_a_sentence_with_values_is_one_text() -> None:
    page = rendered("<p>{{ n }} of {{ total }} wait for <b>a label</b>.</p>", n=3, total="<5>")
    assert page == "<p>Auf <b>ein Label</b> warten 3 von &lt;5&gt;.</p>"


def test_each_branch_has_its_own_texts() -> None:
    source = "{% if n %}<p>{{ n }} of {{ n }} wait</p>{% else %}<p>Nothing waits.</p>{% endif %}"
    assert rendered(source, n=0) == "<p>Nichts wartet.</p>"


def test_words_that_an_expression_may_come_to_are_texts() -> None:
    source = '<button>{{ "Change it" if there else "Save it" }}</button>'
    assert rendered(source, there=True) == "<button>Ändern</button>"


def test_names_and_addresses_are_none() -> None:
    source = """<a href="{{ at('/Change it') }}"{% if kind == "Save it" %} class="on"{% endif %}>{{ rows["Save it"] }}</a>"""
    assert rendered(source, at=lambda path: path, kind="Save it", rows={"Save it": 1}) == (
        '<a href="/Change it" class="on">1</a>'
    )


def test_a_macro_is_given_texts() -> None:
    source = '{% macro box(title) %}<h2>{{ title }}</h2>{% endmacro %}{{ box("None of these") }}'
    assert rendered(source) == "<h2>Nichts davon</h2>"


def test_texts_are_gathered_in_their_order_and_nouns_with_their_plurals() -> None:
    source = '<h1>Title</h1>{% for x in y %}<p title="What">{{ x | plural("entry", "entries") }} there</p>{% endfor %}'
    english = Environment()
    english.filters["plural"] = lambda n, *_: str(n)
    assert texts(english, source) == ["Title", "What", "{x} there"]
    assert list(nouns(english.parse(source))) == [("entry", "entries")]
