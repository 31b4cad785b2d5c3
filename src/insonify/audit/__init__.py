"""Is the pretext task being solved by a shortcut?"""
