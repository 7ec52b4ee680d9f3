"""Seconds from an annotation by HTTP to the first answer of the version that learnt it.

    python bench/retrain.py --data FOLDER [--repeats 5] [--out bench/results/retrain.md]

77 labels of Banking77, bge-small. The clock starts when the annotation's request is sent and stops when an invoke
answers with a model that the function did not have before. Beside it: one bare fit of the same head on the same rows.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import numpy as np
from banking import texts_and_labels
from running_server import RunningServer, wait_for

from noria.encoders import choose_text_encoder
from noria.learning.head import fit_head

SIZES = (300, 1000, 10_000)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--sizes", default=",".join(map(str, SIZES)))
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    rows = [measure(given.data, int(size), given.repeats) for size in given.sizes.split(",")]
    report = as_markdown(rows, given.repeats)
    print(report)
    if given.out:
        given.out.write_text(report)


def measure(data: Path, size: int, repeats: int) -> dict[str, float]:
    rows, _ = texts_and_labels(data, 10_000)
    order = np.random.default_rng(0).permutation(len(rows))
    mixed = [rows[i] for i in order]
    distinct = list({text: (text, label) for text, label in mixed}.values())
    taught, extra = distinct[: size - repeats], distinct[size - repeats : size]
    if len(extra) < repeats:  # the set ends at 10,003 rows
        taught, extra = distinct[:-repeats], distinct[-repeats:]
    with tempfile.TemporaryDirectory() as folder:
        server = RunningServer("127.0.0.22", Path(folder), {"NORIA_ENCODER": "bge-small-en-v1.5"}).start()
        try:
            seconds, trained = annotate_and_wait(server, taught, extra)
        finally:
            server.stop()
    return {
        "size": len(taught) + repeats,
        "median": statistics.median(seconds),
        "low": min(seconds),
        "high": max(seconds),
        "run": statistics.median(trained),
        "fit": bare_fit(taught),
    }


def annotate_and_wait(
    server: RunningServer, taught: list[tuple[str, str]], extra: list[tuple[str, str]]
) -> tuple[list[float], list[float]]:
    with server.http() as http:
        made = http.post(
            "/v1/functions", json={"name": "retrain", "input": "Text", "output": "Classification"}
        ).json()
        path = f"/v1/functions/{made['id']}"
        metrics = f"/v0.9/functions/{made['id']}/metrics"
        for name in dict.fromkeys(label for _, label in [*taught, *extra]):
            http.post(f"{path}/labels", json={"name": name})
        for text, label in taught:
            http.post(f"{path}/samples", json={"data": text, "annotation": {"labelName": label}})
        waiting = [http.post(f"{path}/samples", json={"data": text}).json()["id"] for text, _ in extra]
        settled = lambda: not http.get(metrics).json()["isTraining"]  # noqa: E731
        wait_for(settled, 300, "the first training")
        time.sleep(20)  # the full cross-validation in the background may end
        seconds = []
        for sample_id, (text, label) in zip(waiting, extra, strict=True):
            before = {model["id"] for model in http.get(f"{path}/models").json()}
            began = time.perf_counter()
            http.put(f"{path}/samples/{sample_id}/annotation", json={"labelName": label})
            while http.post(f"{path}/invoke?capture=false", json={"data": text}).json()["modelId"] in before:
                newest = http.get(f"{path}/models").json()[0]
                if newest["id"] not in before and not newest["live"]:
                    break  # kept back by the gate: nothing to wait for
                time.sleep(0.01)
            else:
                seconds.append(time.perf_counter() - began)
            wait_for(settled, 300, "the end of the run")
        trained = [model["trainSeconds"] for model in http.get(f"{path}/models").json()[: len(extra)]]
    return seconds, trained


def bare_fit(rows: list[tuple[str, str]]) -> float:
    """Seconds of one fit on the same rows, embedded before."""
    encoder = choose_text_encoder("bge-small-en-v1.5")
    names = sorted({label for _, label in rows})
    vectors = encoder.embed([text for text, _ in rows])
    targets = np.array([names.index(label) for _, label in rows])
    fit_head(vectors, targets, names)
    began = time.perf_counter()
    fit_head(vectors, targets, names)
    return time.perf_counter() - began


def as_markdown(rows: list[dict[str, float]], repeats: int) -> str:
    lines = [
        f"| {row['size']:,} | {row['median']:.2f} ({row['low']:.2f} to {row['high']:.2f}) | {row['run']:.2f} "
        f"| {row['fit']:.2f} | {row['median'] / row['fit']:.1f} |"
        for row in rows
    ]
    return "\n".join(
        [
            "# From an annotation to the first answer of the new version",
            "",
            f"{time.strftime('%Y-%m-%d')}: median (smallest to largest) of {repeats} annotations one after the other, 77 labels,",
            "everything on one machine of two cores. Repeat: `python bench/retrain.py --data FOLDER`.",
            "",
            "| samples | seconds | of these, the training run | one bare fit | seconds / bare fit |",
            "|---|---|---|---|---|",
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    main()
