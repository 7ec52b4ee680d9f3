"""Label names as text: which can be read, and how."""

import re

_SEPARATORS = re.compile(r"[\s_\-./:|+]+")
_WORD = re.compile(r"[^\W\d_]+")
_VOWEL = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýœ]", re.IGNORECASE)
_MEANINGLESS = frozenset({"foo", "bar", "baz", "tmp", "temp", "null", "nan", "na", "todo", "xxx"})
_COUNTED = frozenset(  # says nothing as soon as a number or a single letter is what tells the labels apart
    {
        "class",
        "label",
        "category",
        "cat",
        "type",
        "group",
        "cluster",
        "topic",
        "intent",
        "tag",
        "target",
        "code",
    }
    | {"item", "option", "bucket", "level", "grade", "test", "set", "lbl", "cls", "idx", "id", "num", "new"}
)
_CONSONANTS_IN_A_ROW = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}", re.IGNORECASE)


def readable_text(name: str) -> str:
    """The name as a person would say it: blanks for underscores, camel case split.

    >>> readable_text("card_payment_fee")
    'card payment fee'
    >>> readable_text("lostOrStolenCard")
    'lost or stolen card'
    """
    words = [part for chunk in _SEPARATORS.split(name) for part in _camel_words(chunk)]
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)


def _camel_words(chunk: str) -> list[str]:
    """`lostHTTPCard` as lost, HTTP and Card: cut before a capital after a small letter or before one."""
    starts = [0]
    for i in range(1, len(chunk)):
        capital = chunk[i].isupper()
        if capital and (
            chunk[i - 1].islower() or (chunk[i - 1].isupper() and chunk[i + 1 : i + 2].islower())
        ):
            starts.append(i)
    return [chunk[a:b] for a, b in zip(starts, [*starts[1:], len(chunk)], strict=True) if b > a]


def phrases(name: str, description: str | None = None) -> tuple[str, ...]:
    """What is said of a label to the encoder; the mean of the embeddings stands for the label.

    Three phrases instead of the bare name: SMS spam gains 1.3 points at two examples a label, Banking77 nothing.
    """
    text = readable_text(name) or name
    return text, f"this is about {text}", f"category: {text}", *([description] if description else [])


def is_readable(name: str) -> bool:
    """Whether the name tells what the label means; a code, a hash or a placeholder with a number does not.

    >>> [is_readable(name) for name in ("refund", "t17", "class_3", "9f86d081884c", "card_about_to_expire")]
    [True, False, False, False, True]
    """
    if _looks_like_a_hash(name):
        return False
    text = readable_text(name)
    words = [word.lower() for word in _WORD.findall(text)]
    numbered = any(c.isdigit() for c in text) or any(len(word) == 1 for word in words)
    return any(_says_something(word) and not (numbered and word in _COUNTED) for word in words)


def _says_something(word: str) -> bool:
    if word in _MEANINGLESS or len(word) < 2:
        return False
    if not word.isascii():  # other scripts have words of their own shape
        return True
    return bool(_VOWEL.search(word)) and not _CONSONANTS_IN_A_ROW.search(word)


def _looks_like_a_hash(name: str) -> bool:
    """Letters and digits mixed without a break, or nothing but hexadecimal digits with some numbers."""
    solid = name.replace("-", "").replace("_", "")
    digits = sum(c.isdigit() for c in solid)
    if re.fullmatch(r"[0-9a-fA-F]{8,}", solid) and digits >= 2:
        return True
    changes = len(re.findall(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", name))
    return changes >= 3
