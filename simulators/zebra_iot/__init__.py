"""A simulated RFID reader that speaks JSON over MQTT and REST, with the tags and antennas of the LLRP one."""
