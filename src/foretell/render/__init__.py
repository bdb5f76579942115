"""How does a prediction look on paper, on a terminal and to a program?

Every module here turns plain values into text: one file per format.  Nothing is printed, no
environment is read and no domain is imported; the command line builds the values and writes
the text out.
"""
