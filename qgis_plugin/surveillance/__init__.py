"""Surveillance of mining in the window: alerts judged by keyboard, cases, and the series of scenes over time.

``dock`` is the shell: one tab each for alerts, cases and the timeline. A tab reads runs and cases in a thread of its
own (``reading``, ``alerts``, ``cases``) and asks the engine for every change (``acts``); the window writes nothing.
"""
