"""The findings of a zoning check in the window: choose a run, group and filter, go there, read why, with a drawing.

``index`` reads a run into a small table in memory and answers questions about it; ``worker`` does that in a thread of
its own, so that the window never waits; ``model`` fetches what is scrolled into sight; ``surroundings``, ``sketch`` and
``drawing`` make the picture of one verdict; ``panel`` puts it together.
"""
