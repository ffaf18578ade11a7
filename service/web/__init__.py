"""What every way in over HTTP shares: who is calling, when, in which transaction, and how often."""
