"""Texts about four kinds of pets, without end: distinct, easy enough to learn with the tiny encoder."""

import itertools
import random
from collections.abc import Iterator

WORDS = {
    "cat": ("meow", "purr", "whiskers", "kitten", "claws", "sofa", "hiss"),
    "dog": ("woof", "bark", "fetch", "puppy", "leash", "stick", "growl"),
    "bird": ("tweet", "wings", "feather", "nest", "beak", "chirp", "perch"),
    "fish": ("bubble", "fins", "tank", "scales", "gills", "water", "coral"),
}


def texts(kind: str, seed: int) -> Iterator[str]:
    """Distinct texts of one kind; different seeds never give the same text."""
    random_words = random.Random(f"{kind} {seed}")
    for i in itertools.count():
        yield " ".join([*random_words.choices(WORDS[kind], k=4), f"s{seed}n{i}"])
