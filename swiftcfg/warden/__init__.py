"""The warden: one small process beside each server that keeps its log and sees to it that nothing of it is left over.

``start`` begins one and ``frames`` reads what it tells; the other modules are the program itself, which imports nothing
but the standard library, ``swiftcfg.procfs`` and the light part of ``swiftcfg.servers``.
"""
