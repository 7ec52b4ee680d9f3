"""The least that an answer can cost: decoding, encoder and head of a served function in a loop, no server.

Takes a JSON list of samples a line, texts as they are and images in Base64, answers each line with one of seconds and
processor seconds.
"""

import base64
import json
import sys
import time
from pathlib import Path

from noria.encoders import choose_image_encoder, choose_text_encoder
from noria.learning.head import Head
from noria.records.function import Modality
from noria.storage import open_storage


def main(data: str, function_id: str) -> None:
    storage = open_storage(f"sqlite:///{data}/noria.db")
    function = storage.functions.get(function_id)
    head = Head.from_bytes(storage.versions.head(function.live_version_id))
    storage.close()
    if function.input is Modality.IMAGE:
        encoder, read = choose_image_encoder(None, Path(data) / "encoders"), base64.b64decode
    else:
        encoder, read = choose_text_encoder("bge-small-en-v1.5"), str
    for line in sys.stdin:
        samples = [read(sample) for sample in json.loads(line)]
        cpu, began = time.process_time(), time.perf_counter()
        for sample in samples:
            head.probabilities_of_one(encoder.embed([sample])[0]).argmax()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        print(json.dumps({"seconds": seconds, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
