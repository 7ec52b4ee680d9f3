"""The least that an answer can cost: encoder and head of a served function in a loop, no server.

Takes a JSON list of texts a line, answers each line with one of seconds and processor seconds.
"""

import json
import sys
import time

from noria.encoders import choose_text_encoder
from noria.learning.head import Head
from noria.storage import open_storage


def main(data: str, function_id: str) -> None:
    storage = open_storage(f"sqlite:///{data}/noria.db")
    head = Head.from_bytes(storage.versions.head(storage.functions.get(function_id).live_version_id))
    storage.close()
    encoder = choose_text_encoder("bge-small-en-v1.5")
    for line in sys.stdin:
        texts = json.loads(line)
        cpu, began = time.process_time(), time.perf_counter()
        for text in texts:
            head.probabilities_of_one(encoder.embed([text])[0]).argmax()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        print(json.dumps({"seconds": seconds, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
