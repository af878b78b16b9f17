"""LLRP 1.0.1, the protocol of UHF RFID readers (EPCglobal, port 5084): tables, codec, framer, both roles. Pure."""
