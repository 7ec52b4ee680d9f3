"""One encoder for an installation: embeddings of two never mix."""

from collections.abc import Callable
from typing import Any

from noria.encoders import AnyEncoder, identity
from noria.records.function import Modality
from noria.storage import Storage


def same_encoder(storage: Storage) -> Callable[[Modality, AnyEncoder[Any]], None]:
    """A check that raises EncoderChanged for an encoder that is not the one that the data is of."""

    def check(modality: Modality, encoder: AnyEncoder[Any]) -> None:
        storage.encoders.bind(modality, identity(encoder))

    return check
