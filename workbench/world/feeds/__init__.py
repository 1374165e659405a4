"""One module a source, one function each: what a source knows, as observations."""
