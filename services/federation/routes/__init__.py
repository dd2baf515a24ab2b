"""The county's JSON doors: decode, one call, encode. No rule, no SQL."""
