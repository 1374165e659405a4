"""Claude minds: one question asked within a deadline and a budget, its bytes kept for replay."""
