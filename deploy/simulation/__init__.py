"""Many phones, weeks of field work and everything that goes wrong, against the real server.

`plan` says who does what when, by the seed alone; `field` does it with the reference client through
`network`, which loses, repeats, delays and reorders; `desk` is the office; `fates` says what befalls
which phone and child. Beside it `ledger`, `covers`, `dangers`, `values`, `papers`, `copies` and `orders`
keep plain models of what must come of it, and `verdict` and `proofs` compare.
Nothing here asks the server's code what would be right.
"""
