"""Looks through process 1 for the files that it sees."""

import os

os.listdir("/proc/1/root/home")
