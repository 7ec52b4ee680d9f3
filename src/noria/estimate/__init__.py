"""From the captures to the truth: what was drawn with known propensity says how all traffic fares.

Everything here is pure: no clock, storage, network or global random generator.
"""
