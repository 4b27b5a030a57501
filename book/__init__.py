"""The book: what builds its pages, draws its pictures, and proves that they are true."""
