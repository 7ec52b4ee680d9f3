"""The capture decision: one draw per invoke, a propensity that is known, a budget that only moves tau.

Everything here is pure: no clock, storage, network or global random generator.
"""
