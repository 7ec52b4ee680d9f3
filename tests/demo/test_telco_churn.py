from collections import Counter

from noria.demo.telco_churn import load

NUMBERS = {"SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges"}


def test_two_labels_have_a_hundred_held_out_customers_each() -> None:
    assert Counter(row.label for row in load().held_out) == {"Stays": 100, "Leaves": 100}


def test_every_row_holds_what_its_fields_take() -> None:
    demo = load()
    types = dict(demo.fields)
    assert {name for name, type in types.items() if type == "Number"} == NUMBERS
    for row in (*demo.seeds, *demo.stream, *demo.held_out):
        assert isinstance(row.data, dict)
        assert row.data.keys() <= types.keys()
        assert all(isinstance(value, str) == (types[name] == "Text") for name, value in row.data.items())


def test_the_stream_is_long_enough_to_watch() -> None:
    kinds = Counter(row.kind for row in load().stream)
    assert min(kinds[kind] for kind in ("copy", "near_copy", "bot", "near_bot")) >= 20
    assert 1000 <= kinds.total() <= 2500
