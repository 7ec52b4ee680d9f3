"""Build the image demo's data from TrashNet: python scripts/build_image_demo.py --data FOLDER

FOLDER holds trashnet_train.zip and trashnet_test.zip, each with a folder of JPEGs for each label. The same input and
the same Pillow give the same bytes. What is taken and changed is told in src/noria/demo/ATTRIBUTION.md.
"""

import argparse
import io
import json
import random
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from demo_stream import Bot, Plan, Repeats, Row, fresh_stream, seeds, with_repeats
from PIL import Image, ImageEnhance

TARGET = Path(__file__).resolve().parent.parent / "src/noria/demo/trashnet.zip"
SEED = 61606
N_HELD_OUT = 20  # a label
ALIKE = 24  # of the 256 bits of `looks`; below it two files show the same thing


PLANS = (
    Plan("cardboard", "Boxes and corrugated board.", 3, (28, 14, 10)),
    Plan("glass", "Bottles and jars of glass.", 2, (20, 24, 14)),
    Plan("metal", "Cans, lids and foil.", 2, (14, 16, 14)),
    Plan("paper", "Newspaper, letters, bags of paper.", 4, (36, 14, 12)),
    Plan("plastic", "Bottles, cups and packaging of plastic.", 3, (24, 26, 14)),
    Plan("trash", "What none of the others takes: wrappers, worn-out things.", 2, (6, 4, 24)),
)


class Picture(NamedTuple):
    file: str  # its name in the archive
    jpeg: bytes


def looks(jpeg: bytes) -> int:
    """256 bits that say where the picture grows brighter to the right; alike for alike pictures."""
    small = Image.open(io.BytesIO(jpeg)).convert("L").resize((17, 16), Image.Resampling.BOX)
    grey = list(small.tobytes())
    places = (17 * row + column for row in range(16) for column in range(16))
    return sum(1 << bit for bit, at in enumerate(places) if grey[at + 1] > grey[at])


def read_pictures(folder: Path) -> dict[tuple[str, str], list[Picture]]:
    """Pictures by split and label; one that looks like an earlier one is left out, test first."""
    seen: list[int] = []
    pictures: dict[tuple[str, str], list[Picture]] = {}
    for split in ("test", "train"):
        with zipfile.ZipFile(folder / f"trashnet_{split}.zip") as archive:
            for name in sorted(n for n in archive.namelist() if n.endswith(".jpg")):
                jpeg = archive.read(name)
                look = looks(jpeg)
                if any((look ^ other).bit_count() < ALIKE for other in seen):
                    continue
                seen.append(look)
                pictures.setdefault((split, name.split("/")[0]), []).append(Picture(f"{split}/{name}", jpeg))
    return pictures


def near_copy(picture: Picture, chance: random.Random, number: int = 0) -> Picture:
    """The same scene as a camera might send it a moment later: another crop, light and compression."""
    image = Image.open(io.BytesIO(picture.jpeg)).convert("RGB")
    left, top, right, bottom = (chance.randint(2, 9) for _ in range(4))
    image = image.crop((left, top, image.width - right, image.height - bottom))
    image = ImageEnhance.Brightness(image).enhance(chance.uniform(0.9, 1.1))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=chance.randint(60, 75), optimize=True)
    return Picture(picture.file.replace(".jpg", f"-again-{number}.jpg"), out.getvalue())


# The bots are cameras in front of which nothing moves.
REPEATS = Repeats(
    n_copies=10,
    n_near_copies=16,
    near=near_copy,
    later=(3, 60),
    bots=(
        Bot("Metal", "bot", lambda picture, *_: picture),
        Bot("Glass", "near_bot", lambda picture, number, chance: near_copy(picture, chance, number)),
    ),
    n_bot_calls=12,
    bots_after=20,
)


def build(source: Path) -> list[Row[Picture]]:
    chance = random.Random(SEED)
    pictures = read_pictures(source)
    train, test = (
        {plan.source: chance.sample(found := pictures[split, plan.source], len(found)) for plan in PLANS}
        for split in ("train", "test")
    )
    first = seeds(PLANS, train)
    stream = with_repeats(fresh_stream(PLANS, train, chance), REPEATS, chance)
    held_out = [
        Row("held_out", picture, plan.label) for plan in PLANS for picture in test[plan.source][:N_HELD_OUT]
    ]
    return first + stream + held_out


def lines(rows: Iterable[Row[Picture]]) -> Iterator[str]:
    for plan in PLANS:
        yield json.dumps({"label": plan.label, "description": plan.description})
    for row in rows:
        yield json.dumps(row.told() | {"file": row.content.file})


def write(rows: list[Row[Picture]], target: Path) -> None:
    """An archive of the pictures, each once, and of `rows.jsonl`; no times in it, so that its bytes stay the same."""
    contents = {"rows.jsonl": "".join(f"{line}\n" for line in lines(rows)).encode()}
    contents |= {row.content.file: row.content.jpeg for row in rows}
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in contents.items():
            method = zipfile.ZIP_DEFLATED if name.endswith(".jsonl") else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name), content, method)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with trashnet_train.zip and trashnet_test.zip"
    )
    parser.add_argument("--target", type=Path, default=TARGET, help="file to write")
    given = parser.parse_args()
    rows = build(given.data)
    write(rows, given.target)
    print(f"{len(rows)} rows, {given.target.stat().st_size:,} bytes: {given.target}")


if __name__ == "__main__":
    main()
