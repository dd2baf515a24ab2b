"""Nouns on the wire: what every other room speaks. No rules, no input or output."""
