"""Measures how fast this machine reads memory, which bounds a model that reads every weight for each token."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

SIZE = 1 << 30  # bytes: many times any cache
RUNS = 5

# Ways to read every byte once. Which one is the fastest differs from machine to machine.
READERS = {
    "dot of float32": lambda part: np.dot(part.view(np.float32), part.view(np.float32)),
    "maximum of float32": lambda part: np.max(part.view(np.float32)),
    "sum of int64": lambda part: np.sum(part.view(np.int64)),
}


def read_bandwidth(threads: int) -> float:
    """Bytes per second that ``threads`` threads read together: the best of several ways and runs."""
    memory = np.ones(SIZE // 8, np.int64)
    parts = np.array_split(memory, threads)
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for reader in READERS.values():
            for _ in range(RUNS):
                began = time.perf_counter()
                list(pool.map(reader, parts))
                best = max(best, memory.nbytes / (time.perf_counter() - began))
    return best


def read_bandwidth_of_gpu() -> float | None:
    """Bytes per second that PyTorch reads and writes on the first GPU, by copies. None without PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    source, target = (torch.ones(SIZE, dtype=torch.uint8, device="cuda") for _ in range(2))
    best = 0.0
    for _ in range(RUNS):
        torch.cuda.synchronize()
        began = time.perf_counter()
        for _ in range(10):
            target.copy_(source)
        torch.cuda.synchronize()
        best = max(best, 10 * 2 * SIZE / (time.perf_counter() - began))
    return best
