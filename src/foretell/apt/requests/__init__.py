"""What was asked: the words of a command line, resolved to packages and versions."""
