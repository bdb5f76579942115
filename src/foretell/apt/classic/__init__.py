"""The classic solver: the marker, the problem resolver, and their scores."""
