"""The shell that every service mounts: errors, limits, metrics, prediction log, health, feedback.

It is packed into every bento, so it imports nothing of `services` outside this folder.
"""
