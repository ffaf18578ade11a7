"""What is read for one screen or one list: one statement each."""
