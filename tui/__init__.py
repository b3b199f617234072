"""Everything a person meets in the terminal."""
