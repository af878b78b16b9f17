"""Deployment: the `tallystick` command, the demo launcher, embedded servers and their settings. Imports none of ours."""
