"""A preset: the schema of what a person writes, and the mistakes that can be seen without its data."""
