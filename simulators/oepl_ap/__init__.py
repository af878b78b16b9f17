"""An OpenEPaperLink access point with its labels: real HTTP and WebSocket, the real device's traps, pictures to look at."""
