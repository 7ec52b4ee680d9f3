"""A redaction on live traffic, and tried out on what is there."""

from datetime import UTC, datetime

import pytest
from serving.parts import Serving

from noria.errors import TooLarge
from noria.records.function import Modality
from noria.records.redaction import OwnPattern, Redaction
from noria.redaction import redactor
from noria.serving.intake import content_of, redacted_metadata, text_content
from noria.serving.limits import MAX_TEXT
from noria.serving.redacting import standing, tried
from noria.storage import SampleFilter

EMAIL = Redaction(("email",))


def hide(serving: Serving, redaction: Redaction) -> None:
    serving.storage.functions.update(serving.function.id, redaction=redaction, at=datetime.now(UTC))
    serving.live.refresh_changed()


def test_from_the_change_on_calls_are_hidden_before_they_are_answered(serving: Serving) -> None:
    hide(serving, EMAIL)
    serving.capture_everything()
    asked = [serving.ask(f"woof {name}@example.com") for name in ("ann", "bob")]
    serving.settled()
    seen = serving.storage.samples.list(
        serving.function.id, SampleFilter(sample_ids=tuple(a.sample_id for a in asked)), 9, None
    )
    assert {sample.data for sample in seen.samples} == {"woof [email]"}
    assert asked[0].confidence == asked[1].confidence  # one and the same text to everything behind the door


def test_the_content_key_is_that_of_the_hidden_text() -> None:
    ready = redactor(EMAIL)
    assert text_content("to joe@example.com", ready).digest == text_content("to [email]").digest
    assert content_of(Modality.TEXT, "to joe@example.com", ready).text == "to [email]"


def test_a_text_that_grows_is_cut_and_one_too_long_is_refused_as_before() -> None:
    ready = redactor(Redaction((), (OwnPattern("a rather long word for it", "a"),)))
    assert len(text_content("ab" * 500 + "b" * (MAX_TEXT - 1000), ready).text) == MAX_TEXT
    with pytest.raises(TooLarge):
        text_content("a" * (MAX_TEXT + 1), ready)


def test_values_of_metadata_are_hidden_and_their_names_stay() -> None:
    given = {"joe@example.com": "joe@example.com"}
    assert redacted_metadata(given, redactor(EMAIL)) == {"joe@example.com": "[email]"}
    assert redacted_metadata(given, None) == given


def test_a_text_is_tried_and_its_places_counted() -> None:
    found = tried(EMAIL, "a@b.de, c@d.de")
    assert (found.text, found.hidden) == ("[email], [email]", {"email": 2})
    assert tried(Redaction(), "a@b.de").text == "a@b.de"


def test_samples_that_hold_such_things_already_are_counted(serving: Serving) -> None:
    serving.capture_everything()
    serving.ask("woof ann@example.com bob@example.com")
    serving.settled()
    found = standing(serving.storage, serving.function.id, Redaction(("email", "ip")))
    assert (found.samples, found.by_word) == (1, {"email": 1})
    assert standing(serving.storage, serving.function.id, Redaction()).looked_at == 0
