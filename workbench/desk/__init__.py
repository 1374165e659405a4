"""Running, replaying and publishing cycles."""
