"""ISO 20022 guarantee messages (tsrv.*): typed frozen structs on our side, XML on the other."""
