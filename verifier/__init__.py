"""The offline verifier: proves a guarantee package or a batch with Python alone."""
