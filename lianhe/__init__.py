"""The command line; every command is imported only when it is called."""
