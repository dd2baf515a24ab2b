"""Nouns on the wire: what node, county, bank and auditor say to each other. No rules, no IO."""
