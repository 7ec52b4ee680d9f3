from noria.encoders.minilm import _tokenizer


def test_the_tokenizer_is_berts() -> None:
    encoding = _tokenizer().encode("Unaffable CAFÉ, tokenization!")
    assert encoding.tokens == [
        "[CLS]", "una", "##ffa", "##ble", "cafe", ",", "token", "##ization", "!", "[SEP]",
    ]  # fmt: skip
    assert encoding.ids[0] == 101
    assert encoding.ids[-1] == 102


def test_the_vocabulary_is_whole() -> None:
    assert _tokenizer().get_vocab_size() == 30_522
