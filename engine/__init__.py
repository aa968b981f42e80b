"""The door to the computing: ``contract`` (what a job takes and gives), ``jobs`` (what runs it), ``cli``, ``serve``."""
