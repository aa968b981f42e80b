"""The rules in QGIS: packs and rules listed, one rule shown, edited as a grid with its curve, checked and saved.

No rule file is read here: whatever is shown, checked or written goes through the engine's jobs (``rules.*``).
"""
