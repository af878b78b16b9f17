"""Modbus: profiles of devices as data files, registers to values and back, and the frames a device answers with. Pure."""
