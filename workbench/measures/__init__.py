"""Pure functions over the nouns: nothing here reads a file, a clock or a socket."""
