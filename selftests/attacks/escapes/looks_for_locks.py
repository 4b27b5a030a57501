"""Asks for locks of others on a file that all submissions see, by way of the locks of an open file."""

import fcntl, struct
import course.runtime
with open(course.runtime.__file__) as file:
    fcntl.fcntl(file, 36, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_GETLK
