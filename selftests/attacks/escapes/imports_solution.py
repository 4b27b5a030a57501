"""Imports the solution of its own step."""

from solutions.solution_02 import causal_mask
