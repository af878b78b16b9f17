"""People of headquarters: roles, scope, passwords, sessions and machine tokens."""
