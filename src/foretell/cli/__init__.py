"""How does a person at a terminal ask foretell?  The only code that prints, exits or reads argv."""
