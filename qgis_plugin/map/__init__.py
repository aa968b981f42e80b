"""In the map: pick a building or parcel and read its verdict; walk through findings and alerts of the newest run."""
