"""The operations of GPT-2 on a CPU that MAX's own are too slow for; gpt2/fast.py calls them.

With one token at a time a model is as fast as its weights can be read from memory, so each of
these reads its weights once, in one stream for each core, and computes in float32.
"""

from .attention import *
from .embedding import *
from .linear import *
