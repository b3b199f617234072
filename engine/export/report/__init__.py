"""A run, several, or a race as one HTML file that needs no network (the extra `report`)."""
