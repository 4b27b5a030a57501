"""Opens a setting of the kernel for writing: what runs when a program crashes, as root, outside."""

import os
os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
