"""The half of a run that is on a cluster's workers."""

import os
import pickle
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import noria
from noria.encoders import AnyEncoder, EncoderSet, identity
from noria.errors import ClusterDiffers
from noria.records.function import Modality
from noria.serving.bulk_invoking.answering import Answerer, Answering
from noria.serving.bulk_invoking.parts import part_of
from noria.settings import Settings

_loading = threading.Lock()


class Question:
    """What is asked of a version, as a worker holds it: it travels without the encoder, which is loaded once a worker."""

    def __init__(
        self,
        noria_version: str,
        encoder: str,
        image_encoder: str | None,
        identities: Mapping[Modality, str],
        answering: bytes,
    ) -> None:
        self._parts = (noria_version, encoder, image_encoder, identities, answering)
        self._answerer: Answerer | None = None

    def parts(self) -> tuple[Any, ...]:
        return self._parts

    def __reduce__(self) -> tuple[type["Question"], tuple[Any, ...]]:
        return type(self), self._parts

    def answerer(self) -> Answerer:
        """Raises ClusterDiffers, EncoderMissing."""
        with _loading:
            if self._answerer is None:
                self._answerer = self._loaded()
            return self._answerer

    def _loaded(self) -> Answerer:
        from distributed import get_worker

        noria_version, encoder, image_encoder, identities, answering = self._parts
        if noria_version != noria.__version__:
            raise ClusterDiffers(
                worker_has=f"noria {noria.__version__}", this_machine_has=f"noria {noria_version}"
            )

        def same(modality: Modality, mine: AnyEncoder[Any]) -> None:
            if identities.get(modality) != identity(mine):
                raise ClusterDiffers(worker_has=identity(mine), this_machine_has=identities.get(modality))

        # Where an encoder may keep what it makes of its weights.
        data = None if "NORIA_DATA" in os.environ else Path(get_worker().local_directory)
        settings = replace(Settings.from_environment(data=data), encoder=encoder, image_encoder=image_encoder)
        asked: Answering = pickle.loads(answering)
        return Answerer(asked, EncoderSet.of(settings).checked(same)[asked.function.input])


def part_on_worker(chunk: bytes, question: Question) -> bytes:
    """The part of a pickled chunk. Raises ClusterDiffers, EncoderMissing."""
    answerer = question.answerer()
    rows = pickle.loads(chunk).rows
    return part_of(answerer.answers(rows))


def version_on_worker() -> str:
    """Of Noria there."""
    return noria.__version__
