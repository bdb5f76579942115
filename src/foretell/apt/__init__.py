"""The apt domain: which packages will be installed, removed or kept, and why."""
