"""A simulated UHF RFID reader at a door: LLRP over TCP, antennas on both sides, tags pushed through or standing.

reader = LlrpReaderSimulator(5084, clock, rng)
await reader.start()
reader.push([epc, ...], "in")        tags go through the door
"""
