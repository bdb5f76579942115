"""The files and words apt reads: deb822, apt.conf, versions, relations, OpenPGP, compression."""
