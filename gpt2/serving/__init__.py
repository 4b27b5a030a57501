"""The course's GPT-2 for ``max serve``, which looks here for what it may serve."""

from gpt2.serving.architecture import GPT2_ARCHITECTURE

ARCHITECTURES = [GPT2_ARCHITECTURE]
