"""The rules: pure and synchronous; time, ids and randomness are arguments."""
