"""What the county decides: each function performs acts in the transaction it is given."""
