"""Which language texts are in."""

from collections import Counter
from collections.abc import Sequence

_MOST_CHARACTERS = 1000  # of a text; more say nothing more
_NO_LANGUAGE = "zxx"  # numbers, codes, addresses
_NEAR = {  # what a short text is easily taken for, and what has no spelling of its own
    "wuu": "zh", "yue": "zh", "ary": "ar", "arz": "ar", "nn": "no", "uzs": "uz", "pcm": "en",
}  # fmt: skip


def main_language(texts: Sequence[str]) -> str | None:
    """The language that more than half of the texts are in, by its code of ISO 639; None where there is none.

    A single short text is often taken for another language; of many, hardly ever most for the same one
    (docs/decisions/languages-of-texts.md). It takes 0.7 s, and 80 MB meanwhile.
    """
    from py3langid.langid import MODEL_FILE, RAW_FLOOR, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)  # and forgotten again: it is asked once a day
    found: Counter[str] = Counter()
    for text in texts:
        language, likelihood = identifier.classify(text[:_MOST_CHARACTERS])
        if likelihood > RAW_FLOOR:  # there was something to go by
            found[_NEAR.get(language, language)] += 1
    del found[_NO_LANGUAGE]
    if not found:
        return None
    [(language, n)] = found.most_common(1)
    return language if n > len(texts) / 2 else None
