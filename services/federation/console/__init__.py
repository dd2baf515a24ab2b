"""The county's pages: server-rendered, read through queries, written through cases."""
