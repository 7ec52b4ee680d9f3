"""The thin shell: HTTP in front of the parts that `noria.app` puts together."""
