"""A function of two labels in a storage, taught with the tiny encoder: where tests of work and serving begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from noria.encoders import EncoderSet
from noria.encoders.features import features
from noria.encoders.hashing import HashingEncoder
from noria.encoders.images import PixelEncoder
from noria.records.function import CaptureSettings, Modality, Output
from noria.records.ids import new_id
from noria.records.sample import Annotation, AnnotationSource, NewSample, Origin, Sample
from noria.serving.intake import text_content
from noria.storage import Storage

ENCODERS = EncoderSet({Modality.TEXT: HashingEncoder, Modality.IMAGE: PixelEncoder})
CATS = ("meow purr whiskers", "kitten meow milk", "purring cat on a sofa", "whiskers and paws meow")
DOGS = ("woof bark fetch", "puppy barks loud", "dog fetches a stick", "bark bark woof")


@dataclass(frozen=True)
class Taught:
    storage: Storage
    id: str
    labels: dict[str, str]  # label id by name

    @classmethod
    def new(
        cls,
        storage: Storage,
        labels: Sequence[str] = ("cat", "dog"),
        capture: CaptureSettings | None = None,
        output: Output = Output.CLASSIFICATION,
        input: str = "Text",
    ) -> "Taught":
        """A fresh function with labels and no sample."""
        at = datetime.now(UTC)
        project = storage.projects.default(at)
        function = storage.functions.create(project.id, "pets", input, output, at, capture)
        added = {name: storage.labels.add(function.id, name, None, None, at).id for name in labels}
        return cls(storage, function.id, added)

    def with_pets(self) -> "Taught":
        """Four samples of each label."""
        for label, texts in (("cat", CATS), ("dog", DOGS)):
            for text in texts:
                self.teach(text, label)
        return self

    def teach(self, text: str, label: str | None, embedding: bytes | None = None) -> Sample:
        """A sample with this label, or with none."""
        at = datetime.now(UTC)
        annotation = Annotation(self.labels[label], at, "test", AnnotationSource.API) if label else None
        vector = embedding or features(HashingEncoder(), text).tobytes()
        new = NewSample(
            new_id("sample"), self.id, text_content(text), Origin.API, vector, annotation=annotation
        )
        return self.storage.samples.add(new, at)

    def annotate(self, sample_id: str, label: str) -> Sample:
        at = datetime.now(UTC)
        return self.storage.annotations.set(
            self.id, sample_id, self.labels[label], "test", AnnotationSource.API, at
        )

    def want(self) -> None:
        self.storage.functions.want_training(self.id, datetime.now(UTC))

    @property
    def live(self) -> str | None:
        return self.storage.functions.get(self.id).live_version_id

    @property
    def trained(self) -> bool:
        return not self.storage.functions.get(self.id).needs_training
