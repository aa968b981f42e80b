"""The doors: what a newcomer types and what a planner installs."""
