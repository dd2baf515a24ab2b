"""A bank that knows nothing but files: the outside of the county, with faults on demand."""
