"""Watches a folder that all submissions see, in the way of older kernels."""

import fcntl, os
fcntl.fcntl(os.open("/usr/lib", os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_ACCESS)
