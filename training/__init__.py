"""Trains a GPT-2 of one's own, in PyTorch: what ./run train runs in an environment of its own."""
