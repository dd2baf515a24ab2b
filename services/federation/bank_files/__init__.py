"""Bank files: typed frozen structs on our side, bytes a bank accepts on the other."""
