"""A function's answers to the rows of a file, without a server: nothing is captured, and no figure is touched.

The rows are cut into chunks, a chunk's answers are a part file, and the parts become the columns of the output.
"""

from noria.serving.bulk_invoking.answering import Answering
from noria.serving.bulk_invoking.cluster import dask_cluster
from noria.serving.bulk_invoking.folders import Folder, folder_of
from noria.serving.bulk_invoking.followed import followed
from noria.serving.bulk_invoking.parts import Parts
from noria.serving.bulk_invoking.processes import process_pool
from noria.serving.bulk_invoking.run import Carrier, answer_all
from noria.serving.bulk_invoking.table import InputTable

__all__ = [
    "Answering",
    "Carrier",
    "Folder",
    "InputTable",
    "Parts",
    "answer_all",
    "dask_cluster",
    "folder_of",
    "followed",
    "process_pool",
]
