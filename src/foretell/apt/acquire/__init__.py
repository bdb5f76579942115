"""Getting lists and packages: transport, trust, and the update that commits them."""
