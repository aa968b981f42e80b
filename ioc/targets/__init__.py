"""Kinds of target: each is one module that can write records, take them away, and read back what is really there.

A target knows its protocol and nothing of plans, states and retries of whole runs: that is ``sync``. To add one, write
a module with a class of the shape of :class:`Target` and name its scheme in ``opening``.
"""
