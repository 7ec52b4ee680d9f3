import pytest
from hypothesis import given
from hypothesis import strategies as st

from noria.errors import BadInput, PatternUnusable
from noria.records.redaction import OwnPattern, Redaction
from noria.redaction import MAX_PATTERNS, Redactor, redactor


def own(*patterns: tuple[str, str], kinds: tuple[str, ...] = ()) -> Redactor:
    ready = redactor(Redaction(kinds, tuple(OwnPattern(*pattern) for pattern in patterns)))
    assert ready is not None
    return ready


def test_nothing_is_made_ready_where_nothing_is_to_be_hidden() -> None:
    assert redactor(Redaction()) is None


def test_what_a_pattern_matches_becomes_its_name() -> None:
    assert own(("customer", r"\bC-\d{4}\b")).hide("C-1234 and C-12345") == "[customer] and C-12345"


def test_a_pattern_reads_any_script() -> None:
    assert own(("имя", "(?i)иван(ов)?")).hide("спросил ИВАНОВ, 𝒳 иван") == "спросил [имя], 𝒳 [имя]"


def test_where_finds_overlap_all_of_them_is_hidden() -> None:
    ready = own(("who", r"Mr [A-Z]\w+ <[a-z]+"), kinds=("email",))
    assert ready.hide("from Mr Bean <bean@example.com>") == "from [email]>"


def test_found_places_are_counted_by_word() -> None:
    assert own(("x", "xx+"), kinds=("ip",)).count("xx 8.8.8.8 xxx") == {"x": 2, "ip": 1}


def test_words_that_stand_already_are_left_alone() -> None:
    ready = own(("name", "[a-z]+"), kinds=("email",))
    assert ready.hide("[email] joe") == "[email] [name]"


@given(st.text(st.sampled_from("aé@.1 +-:]x\u200b４"), max_size=60))
def test_what_was_hidden_stays_hidden_and_nothing_is_hidden_of_a_word(text: str) -> None:
    ready = own(("x", "x+"), kinds=("email", "ip"))
    once = ready.hide(text)
    assert "x" not in once.replace("[x]", "")
    assert ready.hide(once).count("[x]") <= once.count("[x]")


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "(?<=a)b",
        r"(a)\1",
        "a*",
        "",
        "x" * 501,
        r"\C+",
        "(?:a{1000}){1000}",
        "\ud800",
        "|a",
        r"a\C",
    ],
)
def test_a_pattern_that_cannot_be_run_is_refused_in_words(pattern: str) -> None:
    with pytest.raises(PatternUnusable) as refused:
        own(("mine", pattern))
    assert "mine" in str(refused.value)


@pytest.mark.parametrize("name", ["", "]", "a]b", "email", " a", "a" * 41, "a\n"])
def test_a_name_that_cannot_stand_in_a_text_is_refused(name: str) -> None:
    with pytest.raises(PatternUnusable):
        own((name, "a+"))


def test_two_patterns_of_one_name_and_unknown_kinds_are_refused() -> None:
    with pytest.raises(PatternUnusable):
        own(("a", "a+"), ("a", "b+"))
    with pytest.raises(PatternUnusable):
        redactor(Redaction(("passports",)))


def test_there_are_only_so_many_patterns() -> None:
    with pytest.raises(BadInput):
        own(*((f"p{i}", "a+") for i in range(MAX_PATTERNS + 1)))


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+b", "a[^b]*b|a", "(.*)*x", "(a*)*[^a]"])
@pytest.mark.timeout(20)
def test_no_pattern_is_hard_to_run(pattern: str) -> None:
    own(("hard", pattern)).hide("a" * 100_000)


def test_after_very_many_places_the_rest_is_hidden_altogether() -> None:
    assert own(("v", "a")).hide("a " * 5000 + "secret").endswith("[v]")
