"""Which packages are meant: names, globs and apt-patterns(7), over the catalogue of all."""
