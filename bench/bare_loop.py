"""The least that an answer can cost: decoding, encoder and head of a served function in a loop, no server.

Takes a JSON list of samples a line, texts and rows as they are and images in Base64, answers each line with one of seconds
and processor seconds.
"""

import base64
import json
import sys
import time
from pathlib import Path

from served_model import ServedModel

from noria.records.function import Modality


def main(data: str, function_id: str) -> None:
    model = ServedModel(Path(data), function_id)
    read = base64.b64decode if model.input is Modality.IMAGE else lambda sample: sample
    for line in sys.stdin:
        samples = [read(sample) for sample in json.loads(line)]
        cpu, began = time.process_time(), time.perf_counter()
        for sample in samples:
            model.answer(sample)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        print(json.dumps({"seconds": seconds, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
