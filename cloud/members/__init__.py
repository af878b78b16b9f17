"""Members: who they are, how tills find them, and what stores may know of them while the line is down."""
