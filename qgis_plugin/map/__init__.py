"""In the map: pick a building or parcel and read its verdict; walk through the alerts of the newest detection."""
