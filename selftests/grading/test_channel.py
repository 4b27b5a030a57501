"""The channel carries plain values and arrays; whatever else comes is a ChannelError, and nothing is run."""

import contextlib
import json
import os
import random
import struct
import threading

import numpy as np
import pytest

from course.grading.inside.channel import ARRAYS_LIMIT, HEADER_LIMIT, Channel, ChannelError, Closed


@pytest.fixture
def channel():
    """A channel that hears what it says."""
    reading, writing = os.pipe()
    yield Channel(reading, writing)
    for end in (reading, writing):
        with contextlib.suppress(OSError):
            os.close(end)


def receive(channel: Channel, data: bytes) -> object:
    """What is made of these bytes, after which nothing comes."""
    os.write(channel.writing, data)
    os.close(channel.writing)
    return channel.receive()


def message(header: object) -> bytes:
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(data)) + data


@pytest.mark.parametrize("value", [None, True, 3, -2.5, "é\ud800\n", [1, [2, {"a": None}]], float("inf")])
def test_values_come_as_they_were_sent(channel, value):
    channel.send(value)
    assert channel.receive() == (value, [])


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)])
@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_arrays_come_as_they_were_sent(channel, shape, dtype):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    channel.send("two", [array, array])
    _, (first, second) = channel.receive()
    assert first.dtype == array.dtype and np.array_equal(first, array) and np.array_equal(second, array)


def test_too_long_a_message_is_not_sent(channel):
    with pytest.raises(ChannelError, match="too long"):
        channel.send("x" * HEADER_LIMIT)


def test_end_is_seen(channel):
    with pytest.raises(Closed):
        receive(channel, b"")


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\xff\xfe",
        b"[" * 50_000,
        b"9" * 50_000,
        [],
        None,
        {},
        {"message": 1},
        {"message": 1, "arrays": 1},
        {"message": 1, "arrays": [1]},
        {"message": 1, "arrays": [{"dtype": "object", "shape": [1]}]},
        {"message": 1, "arrays": [{"dtype": ["float32"], "shape": [1]}]},
        {"message": 1, "arrays": [{"dtype": "float32", "shape": 1}]},
        {"message": 1, "arrays": [{"dtype": "float32", "shape": [-1]}]},
        {"message": 1, "arrays": [{"dtype": "float32", "shape": [True]}]},
        {"message": 1, "arrays": [{"dtype": "float32", "shape": [1.0]}]},
        {"message": 1, "arrays": [{"dtype": "float32", "shape": [1] * 9}]},
        {"message": 1, "arrays": [{"dtype": "float32", "shape": [10**30]}]},
        {"message": 1, "arrays": [{"dtype": "float32", "shape": [ARRAYS_LIMIT, ARRAYS_LIMIT]}]},
        {"message": 1, "arrays": [{"dtype": "float32", "shape": [ARRAYS_LIMIT // 8]}] * 3},
        {"message": 1, "arrays": [{"dtype": "float32", "shape": [0] + [ARRAYS_LIMIT] * 7}]},
        {"message": 1, "arrays": [{"dtype": "float32", "shape": [3]}]},  # which do not come
    ],
    ids=lambda header: str(header)[:60],
)
def test_what_is_no_message_is_an_error(channel, header):
    with pytest.raises(ChannelError):
        receive(channel, message(header))


def test_announced_size_is_not_believed(channel):
    with pytest.raises(ChannelError, match="a header of 4294967295 bytes"):
        receive(channel, b"\xff" * 4)


def test_nothing_but_channel_errors_comes_of_noise(channel):
    noise = random.Random(6)
    whole = message({"message": ["value", 1], "arrays": [{"dtype": "int64", "shape": [2]}]}) + bytes(16)
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(noise.randint(1, 4)):
            data[noise.randrange(len(data))] = noise.randrange(256)
        reading, writing = os.pipe()
        try:
            receive(Channel(reading, writing), bytes(data))
        except ChannelError:
            pass
        finally:
            os.close(reading)


def test_who_does_not_read_is_not_waited_for_for_ever():
    reading, writing = os.pipe()
    with pytest.raises(ChannelError, match=r"does not read a message within 0.1 s"):
        Channel(reading, writing, patience=0.1).send("x" * (HEADER_LIMIT // 2))


@pytest.mark.parametrize("data", [struct.pack("<I", 100), struct.pack("<I", 100) + b"{"])
def test_who_does_not_end_a_message_is_not_waited_for_for_ever(data):
    reading, writing = os.pipe()
    os.write(writing, data)
    with pytest.raises(ChannelError, match=r"does not write a message within 0.1 s"):
        Channel(reading, writing, patience=0.1).receive()


def test_large_messages_pass_through_small_pipes():
    reading, writing = os.pipe()
    channel = Channel(reading, writing, patience=10.0)
    array = np.arange(1 << 20)
    sender = threading.Thread(target=channel.send, args=["here", [array]])
    sender.start()
    message, arrays = channel.receive()
    sender.join()
    assert message == "here" and (arrays[0] == array).all()
