"""Every statement of the console, by what it reads. Callers own the transaction."""
