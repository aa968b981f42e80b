"""What a planner or a citizen is handed: the sheet of a lot, the report of an area, public planning information."""
