"""The engine's jobs in QGIS Processing: one small class per job, all made from the contract.

``parameters`` turns a job's declaration into what Processing asks for, ``values`` the user's answers into what the
engine takes, ``results`` hands over what came back, ``base`` joins them, ``jobs`` lists them, ``provider`` shows them.
"""
