"""GPT-2 on a CPU in one operation, which gpt2/cpu/model.py hands its weights to.

With one token at a time a model is as fast as its weights can be read from memory. So weights are
read once, in one stream for each core, and computed with in float32, whatever they are stored as; and
nothing else may take time: neither MAX, which starts one operation a token, nor cores that sleep.
"""

from .model import *
