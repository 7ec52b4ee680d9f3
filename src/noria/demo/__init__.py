"""The demo: a part of Banking77, a stream of it sent over HTTP, and annotators who hold the true labels."""
