"""The board: a page on this machine alone that shows what the centre has received, alerts first.

``alerts`` gives an alert one shape, whichever form it came in; ``folder`` and ``service`` (through ``readings``, one a
kind of service) read what has been received, ``server`` answers the page, which lies in ``resources/board``. What is
shown is what lies on the other side, never the data set. Everything read is data of a stranger: bounded, and handed to
the page as values, never as markup.
"""
