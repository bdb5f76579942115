"""Problems as files: captured, reduced, replayed, and the worlds that foretell brings along."""
