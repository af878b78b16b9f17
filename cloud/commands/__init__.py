"""What `python -m cloud` does besides serving: set-up, stores, people, demo goods, backups. One module a subject.

A command tells the person at the keyboard through `Say`, one line at a time, and fails with `CommandFailed`.
"""
