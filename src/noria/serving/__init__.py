"""What a server process does for its callers, without a word of HTTP: answer, capture, teach, serve the queue."""
