"""From pictures to embeddings: decoding what comes from outside, and the networks that look at it."""
