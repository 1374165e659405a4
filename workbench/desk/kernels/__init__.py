"""Fresh kernels that start warm: a fork server, what asks it, and a papermill engine."""
