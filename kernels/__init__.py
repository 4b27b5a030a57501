"""What MAX has compiled of this course, so that nobody waits for its compiler: packed files, and what opens them.

This folder is mounted into the grader's sandbox as it is, so it imports nothing of the course.
"""
