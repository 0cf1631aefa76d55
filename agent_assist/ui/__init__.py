"""What people look at: built from events alone."""
