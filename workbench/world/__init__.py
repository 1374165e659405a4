"""Everything that touches the outside: files, databases, feeds."""
