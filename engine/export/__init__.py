"""What a run leaves for other tools, one file a format."""
