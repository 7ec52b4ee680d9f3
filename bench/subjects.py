"""What `/invoke` is measured with: texts, or photos as a phone's app would send them."""

import base64
import io
import itertools
import json
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from banking import texts_and_labels
from PIL import Image

TEXTS_A_LABEL = 8
IMAGES_A_LABEL = 16
PHOTO = (640, 480)  # pixels
Sample = str | bytes


@dataclass(frozen=True)
class Subject:
    """Samples of one kind, and how they travel."""

    input: str  # as the API says it
    described: str
    taught: list[tuple[Sample, str]]
    pool: list[Sample] = field(repr=False)

    def fresh(self) -> Iterator[Sample]:
        """Samples that were never sent before, in an order that has nothing to do with their labels."""
        shuffled = random.Random(1).sample(self.pool, len(self.pool))
        yield from shuffled
        for i in itertools.count(1):
            yield from (_another(sample, i) for sample in shuffled)

    @staticmethod
    def data(sample: Sample) -> str:
        """As JSON carries it."""
        if isinstance(sample, str):
            return sample
        return f"data:image/jpeg;base64,{base64.b64encode(sample).decode()}"

    @classmethod
    def request(cls, host: str, path: str, token: str, sample: Sample) -> bytes:
        """The whole request for one sample: texts in JSON, photos in a form."""
        if isinstance(sample, str):
            return _request(host, path, token, "application/json", json.dumps({"data": sample}).encode())
        part = (
            b'Content-Disposition: form-data; name="data"; filename="photo.jpg"\r\nContent-Type: image/jpeg'
        )
        body = b"--noria\r\n" + part + b"\r\n\r\n" + sample + b"\r\n--noria--\r\n"
        return _request(host, path, token, "multipart/form-data; boundary=noria", body)


def texts(data: Path) -> Subject:
    """Banking77."""
    taught, pool = texts_and_labels(data, TEXTS_A_LABEL)
    return Subject("Text", "bge-small int8, 77 labels", taught, pool)


def images(data: Path) -> Subject:
    """Trashnet, each picture at the size of a photo that an app has made smaller before it sends it."""
    with zipfile.ZipFile(data / "trashnet_train.zip") as archive:
        files = [file for file in sorted(archive.namelist()) if file.endswith(".jpg")]
        rows = [(_photo(Image.open(io.BytesIO(archive.read(file)))), file.split("/")[-2]) for file in files]
    taught, pool, counts = [], [], dict.fromkeys({label for _, label in rows}, 0)
    for photo, label in rows:
        counts[label] += 1
        if counts[label] <= IMAGES_A_LABEL:
            taught.append((photo, label))
        else:
            pool.append(photo)
    described = f"EfficientNet-Lite0 and Lite2, 6 labels, JPEG of {PHOTO[0]} x {PHOTO[1]}"
    return Subject("Image", described, taught, pool)


def _photo(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").resize(PHOTO, Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


def _another(sample: Sample, i: int) -> Sample:
    """The i-th variant: other bytes and other pixels."""
    if isinstance(sample, str):
        return f"{sample} ({i})"
    with Image.open(io.BytesIO(sample)) as picture:
        return _photo(picture.crop((i, i, picture.width - i, picture.height - i)))


def _request(host: str, path: str, token: str, kind: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


SUBJECTS = {"texts": texts, "images": images}
