"""Connects to a socket of this machine that has no address in the network."""

import socket
socket.socket(socket.AF_UNIX).connect("\0gpt2-course-attacks")
