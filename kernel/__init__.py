"""The rules: pure and synchronous; time is an argument; parses bytes, opens no file."""
