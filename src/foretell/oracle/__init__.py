"""What does the real thing answer, and does foretell answer the same?

Product code, used by ``foretell <domain> check`` and by the tests.  Nothing here knows a domain:
the comparer takes both sides as callables.
"""
