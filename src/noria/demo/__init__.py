"""The demos: real data that the package carries, a stream of it sent over HTTP, and annotators who hold the true labels."""
