"""Starts a process by way of posix_spawn, which uses vfork."""

import os
os.posix_spawn("/bin/true", ["true"], {})
