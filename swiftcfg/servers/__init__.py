"""Servers: what is known of each one that swiftcfg started, in a folder of its own under the user's state folder.

``folder``, ``state`` and ``members`` are light and fail with OSError: the warden of a server uses them. ``names``,
``found``, ``stopping`` and ``logs`` are what commands use, and fail with sentences.
"""
