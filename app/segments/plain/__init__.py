"""Plain English as a condition, by rules: no key, no guess that is not shown.

    read("active members who joined in the last 30 days and spent over $500")
    -> tree, what each part was taken for, and the words nobody understood

The tree is the builder's own and passes the same check; `or` between two values of one field makes a list, elsewhere
it parts the whole sentence.
"""
from .reading import Reading, read

__all__ = ["Reading", "read"]
