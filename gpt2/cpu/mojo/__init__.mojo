"""The forward pass of GPT-2 on a CPU as one operation, which gpt2/cpu/model.py calls.

Generating one token at a time takes as long as reading all weights from memory. So each weight is read once for a
token, and everything else is kept short beside that: MAX starts a single operation for a token, and the cores are
woken only once. Whatever type weights are stored as, all sums are float32.
"""

from .model import *
