"""The HQ console: NiceGUI pages in a process of their own, talking to the HQ API over HTTP only."""
