"""Bluetooth electronic shelf labels (ESL Service and Profile 1.0): on the air and on the controller's wire, both roles."""
