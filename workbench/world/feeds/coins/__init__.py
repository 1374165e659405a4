"""What the adapters of coins share: strict reading, pairs and their quotes, bars, calls."""
