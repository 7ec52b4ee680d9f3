"""The tokenizer of XLM-R [Conneau2020]: SentencePiece's own, which was what the model was trained with."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from noria.encoders.multilingual.checkpoint import Vocabulary

_NORMALISER = (
    "nmt_nfkc"  # comes with SentencePiece: NFKC, every kind of blank one blank, no control characters
)
_JOINER = "\u200d"  # a blank to the model's own table, and no longer to SentencePiece's; the rest of both is the same
_CONTROLS = ("<s>", "<pad>", "</s>", "<mask>")  # never found in a text


class E5Tokenizer:
    """Ids of a text between the marks `<s>` and `</s>`, with the prefix that the model wants before every text.

    SentencePiece takes 50 MB for the 250,000 pieces; the tokenizers library takes 260 for the same ids.
    """

    def __init__(self, vocabulary: Vocabulary, prefix: str) -> None:
        """Raises ModuleNotFoundError where SentencePiece is not installed."""
        self._pieces = _sentencepiece(vocabulary)
        self._before = [vocabulary.begin, *self._pieces.encode(prefix)]
        self._after = [vocabulary.end]

    def encode(self, text: str) -> "Encoded":
        return Encoded(self._pieces, text.replace(_JOINER, " "), self._before, self._after)


class Encoded:
    """A text's tokens."""

    def __init__(self, pieces: Any, text: str, before: list[int], after: list[int]) -> None:
        self._pieces, self._text = pieces, text
        self._n_before, self._n_after = len(before), len(after)
        self.ids: list[int] = [*before, *pieces.encode(text), *after]

    @cached_property
    def offsets(self) -> Sequence[tuple[int, int]]:
        """Begin and end of each token in the text, in characters; nothing for marks and prefix."""
        found: list[tuple[int, int]] = self._pieces.encode(self._text, return_type="offset_mapping")[
            "offsets"
        ]
        return [(0, 0)] * self._n_before + found + [(0, 0)] * self._n_after

    @cached_property
    def special_tokens_mask(self) -> Sequence[int]:
        """1 for marks and prefix."""
        n_text = len(self.ids) - self._n_before - self._n_after
        return [1] * self._n_before + [0] * n_text + [1] * self._n_after


def _sentencepiece(vocabulary: Vocabulary) -> Any:
    import sentencepiece  # here and not above: an installation without the extra has none
    from sentencepiece import sentencepiece_model_pb2

    model: Any = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
    normaliser = sentencepiece.SentencePieceNormalizer(rule_name=_NORMALISER).serialized_model_proto()
    model.ParseFromString(normaliser)
    del model.pieces[:]
    kinds = model.SentencePiece
    controls = dict.fromkeys(_CONTROLS, kinds.CONTROL)
    for i, (piece, score) in enumerate(zip(vocabulary.pieces, vocabulary.scores, strict=True)):
        kind = kinds.UNKNOWN if i == vocabulary.unknown else controls.get(piece, kinds.NORMAL)
        model.pieces.add(piece=piece, score=score, type=kind)
    trained = model.trainer_spec
    trained.model_type = trained.UNIGRAM
    trained.unk_id, trained.bos_id = vocabulary.unknown, vocabulary.begin
    trained.eos_id, trained.pad_id = vocabulary.end, vocabulary.padding
    return sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
