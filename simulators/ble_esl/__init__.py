"""Bluetooth shelf labels and the controller that speaks to them: radio in memory, HCI on TCP."""
