"""The programs that serve: the cooperative node and the federation."""
