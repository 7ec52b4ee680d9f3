"""`python -m noria.cli`, for when the `noria` command is not on the path."""

from noria.cli import main

main()
