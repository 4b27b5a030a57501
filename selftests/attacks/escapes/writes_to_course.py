"""Changes the course's own files."""

from course import kernels
open(kernels.__file__, "a").write("# hello\n")
