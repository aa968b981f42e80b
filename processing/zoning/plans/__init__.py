"""Plans against the ground and against each other: what a street takes, land statistics, indicators of scenarios."""
