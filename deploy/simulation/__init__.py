"""Many phones, weeks of field work and everything that goes wrong, against the real server.

`plan` says who does what when, by the seed alone; `field` does it with the reference client through
`network`, which loses, repeats, delays and reorders; `desk` is the office. Beside it `ledger`,
`covers`, `dangers` and `values` keep plain models of what must come of it, and `verdict` compares.
Nothing here asks the server's code what would be right.
"""
