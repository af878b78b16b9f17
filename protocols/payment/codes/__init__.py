"""Payment codes that customers show on their telephones (*merchant scans customer*). Pure.

`kinds` whose code it is · `replies` what a provider says, whichever it is · `flow` when to ask, to wait and to take back ·
`wechat`, `alipay` the providers' own words, both roles.
"""
