"""What the demo puts into a county: its roster and the people who keep it."""
