"""What packages there are: the archive index, the universe of versions, relations, provisions."""
