"""The local page of a node: server-rendered, Chinese first, on which a bookkeeper does the day."""
