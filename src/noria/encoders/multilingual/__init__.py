"""The text encoder for any language: multilingual-e5-small, from its weights to a network and a tokenizer."""
