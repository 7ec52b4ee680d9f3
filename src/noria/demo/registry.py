"""Demos by name. Adding one: a module that loads it, a line here, and its name in `DemoName`."""

from collections.abc import Callable
from typing import Literal

from noria.demo import banking77, telco_churn, trashnet
from noria.demo.data import Demo

DemoName = Literal["text", "images", "table"]

_LOADERS: dict[DemoName, Callable[[], Demo]] = {
    "text": banking77.load,
    "images": trashnet.load,
    "table": telco_churn.load,
}


def load(name: DemoName) -> Demo:
    """The demo of this name, read once."""
    return _LOADERS[name]()
