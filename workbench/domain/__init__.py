"""The desk's nouns: typed, frozen, without input or output."""
