"""ZVT, the German cash register interface of payment terminals (revision 13), both roles. Pure.

`apdu` frames on TCP · `serial_line` frames on a serial line · `fields` numbered fields and TLV · `messages` what is said ·
`results` what the numbers mean · `ecr` the cash register's session.
"""
