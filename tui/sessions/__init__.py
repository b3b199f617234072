"""What is on the screen, and what can be asked of it."""
