"""What a change is: indices, direction, shape and surroundings of changed ground, judged by declared rules.

``indices`` computes what bands say, ``ground`` measures each object on both dates, ``parts`` takes apart what only
touches, ``neighbours`` asks the map around it, ``rules`` holds the declared conditions (``resources/surveillance/
classes.toml``), ``naming`` gives class and reason, ``model`` is a trained rival of the rules that must beat them first.
"""
