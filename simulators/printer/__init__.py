"""A receipt printer that is not there: ESC/POS over TCP, real enough to print on paper you can look at."""
