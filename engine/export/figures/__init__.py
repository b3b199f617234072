"""Pictures of a run as files, drawn by matplotlib (the extra `figures`)."""
