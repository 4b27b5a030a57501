"""Puts a module where Python will find it the next time."""

import site
for folder in site.getsitepackages():
    open(f"{folder}/attack.pth", "w").write("import os")
