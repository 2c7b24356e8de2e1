"""How the workers of one training speak with each other, and what each has of the whole.

What they say to each other, and when, is decided a floor above: by `meeting.py` and `alike.py`.
"""
