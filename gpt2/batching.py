"""Which prompts are read together.

Reading several at once pays, because each pass reads all weights of the model from memory. But texts that are read
together are padded to one length, and padding costs as much as text: beside one long prompt, short ones become long.
"""

from collections.abc import Sequence

# What a pass costs beyond its tokens, in tokens: 7 on one of the CPUs that we measured, 15 on the other.
OVERHEAD = 12


def passes(lengths: Sequence[int]) -> list[list[int]]:
    """Divide texts of these lengths among passes, so that all together cost the least.

    Texts that are next to each other in length are together, so the best division of the n shortest texts is a last
    pass, and the best division of the texts before it.

    Returns:
        For each pass the indices of its texts, in ascending order.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    best = [(0, 0)]  # for the n shortest texts: what they cost, and how many of them come before the last pass
    for count in range(1, len(order) + 1):
        longest = lengths[order[count - 1]]
        best.append(min((best[first][0] + (count - first) * longest + OVERHEAD, first) for first in range(count)))
    divided = []
    while order:
        first = best[len(order)][1]
        divided.append(sorted(order[first:]))
        del order[first:]
    return divided
