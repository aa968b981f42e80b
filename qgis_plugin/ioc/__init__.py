"""The panel of publishing: named targets, what each is behind, what it refuses, what the centre answered, a schedule.

``keeping`` knows what belongs to a target on this machine alone, ``running`` starts jobs with its secret, ``schedule``
does so every few hours; ``page``, ``trees`` and ``target_form`` are what is seen, ``dock`` joins them.
"""
