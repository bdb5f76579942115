"""APT 3.0's solver: clauses, search, and the sweep of what is no longer needed."""
