"""Asks for the largest buffer of a socket."""

import socket
left, right = socket.socketpair()
left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
