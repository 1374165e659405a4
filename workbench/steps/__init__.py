"""One verb a notebook: what each of the six does, callable without a kernel."""
