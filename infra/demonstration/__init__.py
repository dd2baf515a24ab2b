"""The demonstration: a county directory played through the real services, by their public doors."""
