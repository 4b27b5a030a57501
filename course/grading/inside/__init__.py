"""What runs inside the sandbox, beside a submission.

This folder is mounted as it is, so it imports nothing of the course but itself and course.runtime.
"""
