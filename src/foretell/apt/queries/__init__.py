"""Questions that decide nothing: search, reverse relations, recursion."""
