"""Writes to every folder but its own."""

import os
places = []
for top in ("/", "/usr", "/dev", "/dev/shm", "/proc/sys/kernel", os.environ["HOME"], os.path.join(os.environ["HOME"], ".cache/modular")):
    try:
        open(os.path.join(top, "attack"), "w").close()
        places.append(top)
    except OSError:
        pass
if not places:
    raise PermissionError("nowhere")
