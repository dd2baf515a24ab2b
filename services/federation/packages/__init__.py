"""The guarantee package as files: Excel, PDF, signatures, manifest, zip (P6.4, R-088)."""
