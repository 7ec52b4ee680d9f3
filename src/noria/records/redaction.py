"""What a function hides in texts before anything of them is kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnPattern:
    """A regular expression of the user's own; what it matches becomes `[name]`."""

    name: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """Nothing is hidden unless somebody asks for it."""

    kinds: tuple[str, ...] = ()  # built-in ones, by name
    patterns: tuple[OwnPattern, ...] = ()

    @property
    def on(self) -> bool:
        return bool(self.kinds or self.patterns)
