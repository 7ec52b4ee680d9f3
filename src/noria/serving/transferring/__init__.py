"""Imports and exports as jobs of the server: they go on when nobody looks, and after a restart."""

from noria.serving.transferring.incoming import Incoming
from noria.serving.transferring.transfers import Transfers

__all__ = ["Incoming", "Transfers"]
