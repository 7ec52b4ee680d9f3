"""The encoder of each kind of input, loaded when it is first asked for."""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from noria.encoders.encoder import AnyEncoder
from noria.encoders.registry import choose_image_encoder, choose_text_encoder
from noria.encoders.rows import RowEncoder
from noria.records.function import Modality
from noria.settings import Settings

_Loaded = AnyEncoder[Any]


class EncoderSet:
    """Safe from any thread; each encoder is loaded once."""

    def __init__(self, makers: Mapping[Modality, Callable[[], _Loaded]]) -> None:
        self._makers = {Modality.TABULAR: self._rows, **makers}
        self._loaded: dict[Modality, _Loaded] = {}
        self._lock = threading.RLock()  # the encoder of rows asks for that of texts

    @classmethod
    def of(cls, settings: Settings) -> "EncoderSet":
        """Those that the settings name, else the best that are installed."""
        folder = settings.data / "encoders"
        return cls(
            {
                Modality.TEXT: lambda: choose_text_encoder(settings.encoder, folder),
                Modality.IMAGE: lambda: choose_image_encoder(settings.image_encoder, folder),
            }
        )

    def checked(self, check: Callable[[Modality, _Loaded], None]) -> "EncoderSet":
        """The same, each encoder shown to `check` when it is loaded; what that raises comes at every ask."""

        def make(modality: Modality) -> _Loaded:
            encoder = self._makers[modality]()
            check(modality, encoder)
            return encoder

        own = (
            modality for modality in self._makers if modality is not Modality.TABULAR
        )  # made of the others
        return EncoderSet({modality: partial(make, modality) for modality in own})

    def _rows(self) -> RowEncoder:
        return RowEncoder(self[Modality.TEXT], lambda: self[Modality.IMAGE])

    def __getitem__(self, modality: Modality) -> _Loaded:
        """Raises EncoderMissing, WeightsChanged."""
        if (found := self._loaded.get(modality)) is not None:
            return found
        with self._lock:
            if modality not in self._loaded:
                self._loaded[modality] = self._makers[modality]()
            return self._loaded[modality]

    def loaded(self) -> dict[Modality, _Loaded]:
        """Those in memory so far."""
        return dict(self._loaded)
