"""The encoder of each kind of input, loaded when it is first asked for."""

import threading
from collections.abc import Callable, Mapping
from functools import partial

from noria.encoders.encoder import Encoder
from noria.encoders.registry import choose_image_encoder, choose_text_encoder
from noria.records.function import Modality
from noria.settings import Settings

AnyEncoder = Encoder


class EncoderSet:
    """Safe from any thread; each encoder is loaded once."""

    def __init__(self, makers: Mapping[Modality, Callable[[], AnyEncoder]]) -> None:
        self._makers = makers
        self._loaded: dict[Modality, AnyEncoder] = {}
        self._lock = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> "EncoderSet":
        """Those that the settings name, else the best that are installed."""
        folder = settings.data / "encoders"
        return cls(
            {
                Modality.TEXT: lambda: choose_text_encoder(settings.encoder),
                Modality.IMAGE: lambda: choose_image_encoder(settings.image_encoder, folder),
            }
        )

    def checked(self, check: Callable[[Modality, AnyEncoder], None]) -> "EncoderSet":
        """The same, each encoder shown to `check` when it is loaded; what that raises comes at every ask."""

        def make(modality: Modality) -> AnyEncoder:
            encoder = self._makers[modality]()
            check(modality, encoder)
            return encoder

        return EncoderSet({modality: partial(make, modality) for modality in self._makers})

    def __getitem__(self, modality: Modality) -> AnyEncoder:
        """Raises EncoderMissing, WeightsChanged."""
        if (found := self._loaded.get(modality)) is not None:
            return found
        with self._lock:
            if modality not in self._loaded:
                self._loaded[modality] = self._makers[modality]()
            return self._loaded[modality]

    def loaded(self) -> dict[Modality, AnyEncoder]:
        """Those in memory so far."""
        return dict(self._loaded)
