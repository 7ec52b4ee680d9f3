"""The plain frozen records that every other part speaks in; they import nothing of ours but errors."""
