"""Looks in the environment for what an instructor keeps there."""

import os

os.environ["PATH"]
