"""Grading a class: submissions, a sandbox for each, marks, and pages and files for people and programs."""
