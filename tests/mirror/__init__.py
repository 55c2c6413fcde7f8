"""Models for the tests of the tables that are derived from them. Not installed: their tests make the tables."""
