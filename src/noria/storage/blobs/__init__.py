"""Files: images of samples, and what imports and exports are read from and written to."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from noria.storage.blobs.bucket import Bucket
from noria.storage.blobs.contract import Blobs, Draft, File
from noria.storage.blobs.folder import FolderBlobs
from noria.storage.blobs.objects import ObjectBlobs

__all__ = ["Blobs", "Bucket", "Draft", "File", "FolderBlobs", "ObjectBlobs", "open_blobs"]


def open_blobs(place: str | Path) -> Blobs:
    """Files in a folder, or at an address such as `s3://bucket/prefix`. Raises FilesUnusable."""
    if isinstance(place, Path) or "://" not in place:
        return FolderBlobs(Path(place))
    address = urlsplit(place)
    if address.scheme == "file":
        return FolderBlobs(Path(unquote(address.path)))
    return ObjectBlobs(place)
