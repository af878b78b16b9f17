"""Traffic between a box and a real device, recorded into a file and played back from it."""
