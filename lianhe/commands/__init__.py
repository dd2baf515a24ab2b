"""One module per command of `lianhe`; found by name, imported when called."""
