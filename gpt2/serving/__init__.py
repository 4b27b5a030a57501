"""The course's GPT-2 as an architecture for ``max serve``, which reads the list ``ARCHITECTURES`` of this package."""

from gpt2.serving.architecture import GPT2_ARCHITECTURE

ARCHITECTURES = [GPT2_ARCHITECTURE]
