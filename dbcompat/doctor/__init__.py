"""Is this set-up right, and if not, which setting mends it?"""
