"""Judging a step: a learner's file meets its checks in a process of its own, and verdicts come out."""
