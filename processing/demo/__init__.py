"""The simulated province (*mô phỏng*): Tân Uyên, Bạch Đằng island and the dune coast at Suối Nhum, built by code.

``ground`` draws island and river, ``streets`` the streets, ``blocks`` and ``lots`` divide what is between,
``coverage`` seals all into one surface, ``cadastre`` makes the frames, ``buildings`` builds along the ``fronts``,
``faults`` breaks rules in known ways. ``power``, ``lighting``, ``pipes``, ``water`` and ``places`` follow the streets.
``coast``, ``cover`` and ``scenes`` make the satellite pair. ``build`` writes everything with the truth beside it, and
``score`` compares a run with that truth. The same seed gives the same province.
"""
