"""What takes days: Temporal workflows that decide when, never whether."""
