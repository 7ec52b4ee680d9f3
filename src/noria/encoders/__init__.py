"""From samples to embeddings, by encoders that are frozen and known by name and checksum."""

from noria.encoders.encoder import AnyEncoder, Encoder, FloatArray, ImageEncoder, identity
from noria.encoders.encoder_set import EncoderSet
from noria.encoders.label_names import LabelEmbeddings, PicturedLabels, embed_labels, label_embeddings
from noria.encoders.registry import (
    choose_image_encoder,
    choose_text_encoder,
    create,
    create_image_encoder,
    image_encoder_names,
    names,
    register,
    register_image_encoder,
)

__all__ = [
    "AnyEncoder",
    "Encoder",
    "EncoderSet",
    "FloatArray",
    "ImageEncoder",
    "LabelEmbeddings",
    "PicturedLabels",
    "choose_image_encoder",
    "choose_text_encoder",
    "create",
    "create_image_encoder",
    "embed_labels",
    "identity",
    "image_encoder_names",
    "label_embeddings",
    "names",
    "register",
    "register_image_encoder",
]
