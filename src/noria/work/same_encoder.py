"""One encoder for an installation: embeddings of two never mix."""

from collections.abc import Callable
from typing import Any

from noria.encoders import AnyEncoder, identity
from noria.errors import EncoderChanged
from noria.records.function import Modality
from noria.storage import Storage


def same_encoder(storage: Storage) -> Callable[[Modality, AnyEncoder[Any]], None]:
    """A check that raises EncoderChanged for an encoder that is not the one that the data began with."""

    def check(modality: Modality, encoder: AnyEncoder[Any]) -> None:
        mine = identity(encoder)
        name = "encoder" if modality is Modality.TEXT else f"encoder {modality.value}"
        theirs = storage.secrets.get_or_create(name, mine.encode).decode()
        if theirs != mine:
            raise EncoderChanged(data_folder_has=theirs, this_server_has=mine)

    return check
