"""The village node: book, members, loans, day close, delivery, local page."""
