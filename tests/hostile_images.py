"""Pictures as nobody means them: each with a name, its bytes and the error it must get, or None where it is one.

Everything is made here, by Pillow or by hand; what is large when decoded is small as a file.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

BAD, LARGE = "bad_image", "image_too_large"
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], bytes]
    code: str | None  # of the error; None: it is decoded

    @property
    def file(self) -> bytes:
        return self.make()


@cache
def photo(width: int = 96, height: int = 64) -> Image.Image:
    """Soft patches of colour, different in each corner."""
    patches = np.random.default_rng(5).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)  # type: ignore[arg-type]
    return stream.getvalue()


@cache
def good(kind: str = "JPEG") -> bytes:
    return saved(photo(), kind)


# --- by hand


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, bits: int = 8, before: bytes = b"", rows: bytes | None = None) -> bytes:
    """A grey PNG of one colour; rows: other image data."""
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    if rows is None:
        packer = zlib.compressobj(1)
        line = b"\0" * (1 + (width * bits + 7) // 8)
        rows = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    parts = (png_chunk(b"IHDR", header), before, png_chunk(b"IDAT", rows), png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@cache
def zeros(n: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(n // 1_000_000)) + packer.flush()


def jpeg_with(*segments: bytes) -> bytes:
    file = good("JPEG")
    return file[:2] + b"".join(segments) + file[2:]


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg_of_size(width: int, height: int) -> bytes:
    file = bytearray(good("JPEG"))
    at = file.index(b"\xff\xc0")
    file[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(file)


def jpeg_of_scans(n: int) -> bytes:
    """A progressive JPEG whose last scan is told again and again."""
    file = saved(photo(), "JPEG", progressive=True)
    last = file.rindex(b"\xff\xda")
    return file[:-2] + file[last:-2] * n + file[-2:]


def webp(width: int, height: int) -> bytes:
    """A lossless WebP of one colour: some thirty bytes, whatever its size."""
    bits = 0
    place = 0
    fields = [(0x2F, 8), (width - 1, 14), (height - 1, 14), (0, 4), (0, 1), (0, 1), (0, 1)]
    for value, n in fields + [(1, 1), (0, 1), (0, 1), (0, 1)] * 5:  # five codes with a single symbol
        bits |= value << place
        place += n
    data = bits.to_bytes(place // 8 + 2, "little")
    data += b"\0" * (len(data) % 2)
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def gif(width: int, height: int, *, before: bytes = b"", frame: bytes | None = None) -> bytes:
    """A GIF of that screen with a frame of 1 x 1."""
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    one = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return b"GIF89a" + screen + before + (one if frame is None else frame) + b";"


def bmp(width: int, height: int, *, compression: int = 0, data: bytes = b"", bits: int = 8) -> bytes:
    palette = b"".join(bytes([i, 255 - i, i, 0]) for i in range(1 << bits)) if bits <= 8 else b""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0, 0, 0)
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + palette + data


Entry = tuple[int, int, int, int]  # tag, type, count, value


def tiff(*changes: Entry, data: bytes = bytes(64 * 64), more: tuple[Entry, ...] = ()) -> bytes:
    """A grey TIFF of 64 x 64; changes: other entries in place of the usual ones; more: entries at the end."""
    usual = {256: 64, 257: 64, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 64, 279: len(data)}
    entries: dict[int, Entry] = {tag: (tag, 4, 1, value) for tag, value in usual.items()}
    entries |= {entry[0]: entry for entry in changes}
    told = [struct.pack("<HHII", *entry) for entry in (*sorted(entries.values()), *more)]
    directory = struct.pack("<H", len(told)) + b"".join(told) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory


def avif_of_size(width: int, height: int, *, said: tuple[int, int] | None = None) -> bytes:
    """An AVIF of one colour that says of itself to be of another size."""
    file = bytearray(saved(Image.new("RGB", (width, height), "teal"), "AVIF", speed=10))
    at = file.index(b"ispe") + 8
    file[at : at + 8] = struct.pack(">II", *(said or (width, height)))
    return bytes(file)


def exif(turn: int, order: str = "<") -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    return head + struct.pack(f"{order}IHHHIHH", 8, 1, 0x0112, 3, 1, turn, 0) + bytes(4)


def turned(kind: str, turn: int) -> bytes:
    """A picture that says how the camera was held; TIFF has its own tag for it."""
    if kind == "TIFF":
        return saved(photo(), kind, tiffinfo={274: turn})
    return saved(photo(), kind, exif=b"Exif\0\0" + exif(turn))


def frames(kind: str, n: int) -> bytes:
    colours = [Image.new("RGB", (8, 8), (i % 256, i // 256, 80)) for i in range(n)]
    return saved(colours[0], kind, save_all=True, append_images=colours[1:])


def changed(file: bytes, at: int, to: bytes) -> bytes:
    return file[:at] + to + file[at + len(to) :]


def clear_palette() -> Image.Image:
    picture = photo().quantize(8)
    picture.info["transparency"] = bytes([0, 80, 160, 255, 255, 255, 255, 255])
    return picture


def numbers(dtype: type, scale: float) -> Image.Image:
    return Image.fromarray((np.asarray(photo().convert("L"), dtype=np.float64) * scale).astype(dtype))


def with_holes() -> Image.Image:
    values = np.asarray(photo().convert("L"), dtype=np.float32).copy()
    values[::7], values[1::7], values[2::7] = np.nan, np.inf, -np.inf
    return Image.fromarray(values)


def clear(mode: str) -> Image.Image:
    picture = photo().convert(mode[:-1])
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


# --- the cases


def pictures() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Odd, but pictures all the same."""
    for kind in FORMATS:
        yield f"good {kind}", lambda kind=kind: good(kind)
    for turn in range(1, 9):
        yield f"orientation {turn}", lambda turn=turn: turned("JPEG", turn)
    yield "orientation 9", lambda: turned("JPEG", 9)
    yield "orientation, big endian", lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + exif(6, ">")))
    yield "garbage for EXIF", lambda: jpeg_with(segment(0xE1, b"Exif\0\0II*\0" + b"\xff" * 5000))
    yield "EXIF that ends early", lambda: jpeg_with(segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\xff"))
    yield "CMYK JPEG", lambda: saved(photo().convert("CMYK"), "JPEG")
    yield "progressive JPEG", lambda: saved(photo(), "JPEG", progressive=True)
    yield "grey JPEG", lambda: saved(photo().convert("L"), "JPEG")
    yield "JPEG with markup in its comment", lambda: jpeg_with(segment(0xFE, b"<script>alert(1)</script>"))
    yield "JPEG with an archive behind it", lambda: good("JPEG") + b"PK\x03\x04" + bytes(5000)
    yield (
        "JPEG with a damaged profile",
        lambda: jpeg_with(segment(0xE2, b"ICC_PROFILE\0\x01\x01" + b"\xff" * 999)),
    )
    yield "JPEG with fill bytes", lambda: jpeg_with(b"\xff" * 500)
    yield "PNG with markup behind it", lambda: good("PNG") + b"<html><script>alert(1)</script>"
    yield "16-bit PNG", lambda: saved(numbers(np.uint16, 257), "PNG")
    yield "palette with transparency", lambda: saved(clear_palette(), "PNG")
    yield "grey with transparency", lambda: saved(clear("LA"), "PNG")
    yield "1-bit PNG", lambda: saved(photo().convert("1"), "PNG")
    yield "PNG with zlib bombs", lambda: png(8, 8, before=_text_bombs())
    yield "interlaced GIF", lambda: saved(photo(), "GIF", interlace=1)
    yield "GIF whose frame leaves the screen", lambda: changed(gif(8, 8), 20, struct.pack("<HH", 20, 20))
    yield "3,000-frame GIF", lambda: frames("GIF", 3000)
    yield "300-frame WebP", lambda: frames("WEBP", 300)
    yield "300-frame PNG", lambda: frames("PNG", 300)
    yield "5-frame AVIF", lambda: frames("AVIF", 5)
    yield "lossless WebP with transparency", lambda: saved(clear("RGBA"), "WEBP", lossless=True)
    yield "run-length BMP", lambda: bmp(4, 2, compression=1, data=b"\x04\x07\0\0\x04\x09\0\x01")
    yield "BMP from the top down", lambda: bmp(4, -2, data=bytes(8))
    for name, mode in (("16-bit", np.uint16), ("32-bit", np.int32), ("float", np.float32)):
        yield (
            f"{name} TIFF",
            lambda mode=mode: saved(numbers(mode, 1.0 if mode is np.float32 else 200.0), "TIFF"),
        )
    yield "TIFF with numbers that are none", lambda: saved(with_holes(), "TIFF")
    for packing in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"TIFF, {packing}", lambda packing=packing: saved(photo(), "TIFF", compression=packing)
    yield "fax TIFF", lambda: saved(photo().convert("1"), "TIFF", compression="group4")
    yield "CMYK TIFF", lambda: saved(photo().convert("CMYK"), "TIFF")
    yield "LAB TIFF", lambda: saved(Image.new("LAB", (9, 9), (120, 130, 140)), "TIFF")
    yield "BigTIFF", lambda: saved(photo(), "TIFF", big_tiff=True)
    yield "TIFF of many pages", lambda: saved(photo(), "TIFF", save_all=True, append_images=[photo()] * 200)
    yield "1 x 1", lambda: saved(photo(1, 1), "PNG")
    yield "1 x 30,000", lambda: png(1, 30_000)
    yield "30,000 x 1", lambda: png(30_000, 1)
    yield "50 million pixels, PNG", lambda: png(7071, 7071, bits=1)
    yield "50 million pixels, WebP", lambda: webp(7071, 7071)


def _text_bombs() -> bytes:
    bomb = zeros(200_000_000)
    profile = png_chunk(b"iCCP", b"p\0\0" + bomb)
    return profile + png_chunk(b"zTXt", b"t\0\0" + bomb) + png_chunk(b"iTXt", b"i\0\x01\0\0\0" + bomb)


def too_large() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "21 million bytes", lambda: good("BMP") + bytes(21_000_000)
    yield "PNG that says 60,000 x 60,000", lambda: png(60_000, 60_000, rows=zlib.compress(b""))
    yield "PNG that says 2,147,483,647", lambda: png(2**31 - 1, 2**31 - 1, rows=zlib.compress(b""))
    yield "64 million pixels, PNG", lambda: png(8000, 8000, bits=1)
    yield "1 x 30,001", lambda: png(1, 30_001)
    yield "JPEG that says 65,500 x 65,500", lambda: jpeg_of_size(65_500, 65_500)
    yield "GIF that says 65,535 x 65,535", lambda: gif(65_535, 65_535)
    yield "GIF whose frame says 65,535 x 65,535", lambda: changed(gif(8, 8), 24, b"\xff\xff\xff\xff")
    yield "268 million pixels, WebP", lambda: webp(16_384, 16_384)
    yield "BMP that says 100,000 x 100,000", lambda: bmp(100_000, 100_000, data=bytes(100))
    yield "TIFF that says 100,000 x 100,000", lambda: tiff((256, 4, 1, 100_000), (257, 4, 1, 100_000))
    yield "TIFF with a tile of 4 billion pixels", lambda: _tiled(2**16, 2**16)
    yield "AVIF that says 10,000 x 10,000", lambda: avif_of_size(64, 64, said=(10_000, 10_000))


def _tiled(width: int, length: int) -> bytes:
    return tiff((322, 4, 1, width), (323, 4, 1, length), (324, 4, 1, 8), (325, 4, 1, 4096), (259, 3, 1, 8))


def no_pictures() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "nothing", lambda: b""
    yield "one byte", lambda: b"\xff"
    yield "zeros", lambda: bytes(1000)
    yield "text", lambda: b"a picture of a cat"
    yield "SVG", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield (
        "SVG with a declaration",
        lambda: b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>',
    )
    yield "HTML", lambda: b"<!DOCTYPE html><html><body>hello</body></html>"
    yield "PDF", lambda: b"%PDF-1.7\n" + good("JPEG")
    yield "PostScript", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(x) run\n"
    yield "ICO", lambda: saved(photo(32, 32), "ICO")
    yield "JPEG 2000", lambda: saved(photo(), "JPEG2000")
    yield "PPM", lambda: saved(photo(), "PPM")
    yield "ZIP", lambda: b"PK\x03\x04" + bytes(200)
    yield "HEIC", lambda: struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(200)
    yield "MP4", lambda: struct.pack(">I", 24) + b"ftypisom\0\0\0\0isomavc1" + bytes(200)
    yield "JPEG under PNG's magic", lambda: b"\x89PNG\r\n\x1a\n" + good("JPEG")
    yield "PNG under JPEG's magic", lambda: b"\xff\xd8\xff\xe0" + good("PNG")
    yield "script under GIF's magic", lambda: b"GIF89a/*" + bytes(40) + b"*/=1;alert(1)"
    yield "script under BMP's magic", lambda: b"BM=1;alert(document.domain)//" + bytes(40)


def damaged() -> Iterator[tuple[str, Callable[[], bytes]]]:
    for kind in FORMATS:
        yield f"half of a {kind}", lambda kind=kind: good(kind)[: len(good(kind)) // 2]
        yield f"head of a {kind}", lambda kind=kind: good(kind)[:16]
    yield "half of a compressed TIFF", lambda: _half(saved(photo(), "TIFF", compression="tiff_lzw"))
    yield "PNG without its end", lambda: good("PNG")[:-12]
    yield "PNG with a wrong checksum", lambda: changed(good("PNG"), 20, b"\x01")
    yield "PNG without a picture", lambda: png(8, 8, rows=b"")
    yield "0 x 0", lambda: png(0, 0)
    yield "a million chunks", lambda: png(8, 8, before=png_chunk(b"tEXt", b"") * 1_000_000)
    yield "JPEG of 5,000 scans", lambda: jpeg_of_scans(5000)
    yield "JPEG of a million segments", lambda: jpeg_with(segment(0xE1, b"Exif\0\0x") * 1_000_000)
    yield "AVIF that says 20,000 x 20,000", lambda: avif_of_size(64, 64, said=(20_000, 20_000))
    yield "JPEG without a scan", lambda: good("JPEG")[: good("JPEG").index(b"\xff\xda")]
    yield "GIF without a frame", lambda: gif(8, 8, frame=b"")
    yield "GIF of a million comments", lambda: gif(8, 8, before=b"!\xfe\x01a\0" * 1_000_000)
    yield "GIF of a million empty blocks", lambda: gif(8, 8, before=b"!\xfe" + b"\x01a" * 1_000_000 + b"\0")
    yield "WebP that lies about its length", lambda: changed(good("WEBP"), 4, b"\xff\xff\xff\x7f")
    yield "25 million run-length pixels", lambda: bmp(5000, 5000, compression=1, data=b"\xff\x07" * 1000)
    yield "BMP of unknown bits", lambda: changed(bmp(4, 4, data=bytes(16)), 28, b"\x07")
    yield (
        "BMP with its palette beyond the end",
        lambda: changed(bmp(4, 4, data=bytes(16)), 46, b"\xff\xff\xff\x7f"),
    )
    yield "TIFF of 65,535 tags", lambda: tiff(more=((65000, 4, 1, 0),) * 60_000)
    yield (
        "TIFF whose tags all hold the file",
        lambda: tiff(data=bytes(4_000_000), more=tuple((64000 + i, 7, 4_000_000, 8) for i in range(900))),
    )
    yield "TIFF of a million strips", lambda: tiff((273, 4, 1_000_000, 8), data=bytes(4_000_000))
    yield "TIFF with two widths", lambda: tiff(more=((256, 4, 1, 90_000),))
    yield "TIFF, LZMA", lambda: tiff((259, 3, 1, 34925))
    yield "TIFF without a size", lambda: tiff((256, 4, 1, 0), (257, 4, 1, 0))
    yield "TIFF whose directory is elsewhere", lambda: changed(tiff(), 4, b"\xff\xff\xff\xff")
    yield "TIFF of 7 samples", lambda: tiff((277, 4, 1, 7))


def _half(file: bytes) -> bytes:
    return file[: len(file) // 2]


CASES = tuple(
    Case(name, make, code)
    for code, kinds in ((None, (pictures,)), (LARGE, (too_large,)), (BAD, (no_pictures, damaged)))
    for kind in kinds
    for name, make in kind()
)
