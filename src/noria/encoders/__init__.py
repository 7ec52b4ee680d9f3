"""From samples to embeddings, by encoders that are frozen and known by name and checksum."""

from noria.encoders.encoder import Encoder, FloatArray, identity
from noria.encoders.encoder_set import AnyEncoder, EncoderSet
from noria.encoders.label_names import LabelEmbeddings, embed_labels
from noria.encoders.registry import choose_text_encoder, create, names, register

__all__ = [
    "AnyEncoder",
    "Encoder",
    "EncoderSet",
    "FloatArray",
    "LabelEmbeddings",
    "choose_text_encoder",
    "create",
    "embed_labels",
    "identity",
    "names",
    "register",
]
