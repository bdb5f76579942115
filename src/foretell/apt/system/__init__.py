"""One system as apt sees it: what is installed, preferred, held, and which solver it would ask."""
