"""Simulated sensors of a store: a Modbus bus with its units, Shelly and zigbee2mqtt over MQTT, people counters over HTTP."""
