"""The whole service under a seeded event loop: nodes, store, bus and sockets in virtual time, with everything that can go wrong going wrong.

`python -m tests.simulation --help` runs it; docs/simulation-of-faults.md tells how, docs/adr/0014 why so. The product's own code runs unchanged: what is made
here are the clock, the network, the database's distance, and the people.
"""
