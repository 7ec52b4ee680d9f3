"""Background work: what is wanted and not yet done is found in the rows, and done in a process of its own."""
