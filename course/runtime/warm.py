"""Compiles the kernels that no step has asked for yet: ``python -m course.runtime.warm``, in the background."""

from course import runtime


def main() -> None:
    runtime.start()


if __name__ == "__main__":
    main()
