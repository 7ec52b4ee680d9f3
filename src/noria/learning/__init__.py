"""From embeddings and annotations to a head that may go live: pure, no clock, storage, network or global RNG."""
