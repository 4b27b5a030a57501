"""GPT-2 on a CPU in four operations, which gpt2/fast.py puts together: embedding, attention, mlp, head.

With one token at a time a model is as fast as its weights can be read from memory. So weights are
read once, in one stream for each core, and computed with in float32, whatever they are stored as; and
a whole sublayer is one operation, because MAX takes its time to start one.
"""

from .attention import *
from .embedding import *
from .head import *
from .mlp import *
