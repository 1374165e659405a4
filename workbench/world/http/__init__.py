"""The one client of all feeds: guarded, limited by host, and recorded as bytes."""
