"""nexo Retailer messages as JSON, in the shape of the Terminal API (protocol version 3.0). Pure.

`messages` the envelopes and what they hold, both roles · `reading` outcomes · `sealing` the encrypted envelope of a terminal
in the shop's own network.
"""
