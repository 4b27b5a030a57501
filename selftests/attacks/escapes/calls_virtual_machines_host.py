"""Opens a socket to the host of the virtual machine, which is not in the network."""

import socket
socket.socket(40, socket.SOCK_STREAM)  # AF_VSOCK
