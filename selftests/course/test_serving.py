"""`serve` answers as the engine does, to many at once, through whatever clients send, and ends clean.

One server for all of it, which has room for four texts of the greatest length where sixteen come:
texts wait for room, and some give theirs up and start anew. What could end it stands before what
shows that it is still there.
"""

import asyncio
import inspect
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import openai
import psutil
import pytest
from max.driver import CPU
from typer.testing import CliRunner

from course.commands import app
from course.curriculum.steps import ROOT, STORYTELLER
from gpt2.checkpoint import open_checkpoint
from gpt2.generator import load_generator
from gpt2.sampling import Sampling

STARTS = 1800  # seconds: MAX may have to compile the model, on a machine that has much else to do
PROMPTS = ["Once upon a time", "The dog", "One day, a cat", "A girl", "In the forest", "The king said", "It was", "x"]
PAGES = 8  # of 128 tokens, for keys and values in float32: two for each text of the greatest length
PAGE = 128 * 6 * 2 * 128 * 4  # bytes: places, layers, keys and values, n_embd, float32
WEIGHTS = (STORYTELLER / "model.safetensors").stat().st_size


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def start(*options):
    """`./run serve`, as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "course", "serve", "--device", "cpu", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def stop(process, signal_number):
    """End `serve`, and return its exit code and those of its processes that are still there."""
    family = psutil.Process(process.pid).children(recursive=True)
    assert family
    process.send_signal(signal_number)
    process.communicate(timeout=120)
    return process.returncode, [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def server():
    """A server of the story model: where it is."""
    port = free_port()
    room = (WEIGHTS + PAGES * PAGE) / CPU().stats["free_memory"]
    process = start("--port", str(port), "--device-memory-utilization", f"{room:.9f}")
    try:
        first = process.stdout.readline()  # of what it says when it is ready
        assert first == f"storyteller is served at http://127.0.0.1:{port}/v1. Ctrl-C ends it. For example:\n"
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        returncode, left = stop(process, signal.SIGTERM)
    assert (returncode, left) == (0, [])


@pytest.fixture
def client(server):
    with openai.OpenAI(base_url=server, api_key="none", max_retries=0, timeout=300) as client:
        yield client


@pytest.fixture(scope="module")
def generator():
    """The engine, with the same model."""
    return load_generator(open_checkpoint(STORYTELLER), CPU())


@pytest.fixture(scope="module")
def texts(generator):
    """What the engine makes of the prompts, greedily."""
    completions = generator.generate(PROMPTS, Sampling(temperature=0), max_new_tokens=200)
    return dict(zip(PROMPTS, (completion.text for completion in completions), strict=True))


def complete(client, prompt, **settings):
    return client.completions.create(**{"model": "storyteller", "prompt": prompt, "temperature": 0} | settings)


def test_the_model_and_its_context_window_are_listed(client):
    (model,) = client.models.list().data
    assert (model.id, model.max_model_len) == ("storyteller", 256)


def test_greedy_text_is_the_engines(client, texts):
    completion = complete(client, PROMPTS[0], max_tokens=200)
    assert completion.choices[0].text == texts[PROMPTS[0]]
    assert completion.usage.prompt_tokens == 4


def test_a_text_streams(client, texts):
    parts = [part.choices[0] for part in complete(client, PROMPTS[1], max_tokens=30, stream=True)]
    text = "".join(part.text for part in parts)
    assert texts[PROMPTS[1]].startswith(text)
    assert len(parts) > 1  # one for each token, unless the machine is so busy that several wait
    assert [part.finish_reason for part in parts if part.finish_reason] == ["length"]


def test_sixteen_at_once_get_the_texts_that_they_would_get_alone(server, texts):
    async def ask(client, number):
        prompt, stream = PROMPTS[number % len(PROMPTS)], number < 8
        answer = await complete(client, prompt, max_tokens=200, stream=stream)
        if not stream:
            return prompt, answer.choices[0].text
        return prompt, "".join([part.choices[0].text async for part in answer])

    async def ask_all():
        async with openai.AsyncOpenAI(base_url=server, api_key="none", max_retries=0, timeout=600) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(16)))

    # Not in this thread, in which the browser of the book's tests keeps an event loop running.
    with ThreadPoolExecutor() as pool:
        for prompt, text in pool.submit(asyncio.run, ask_all()).result():
            assert text == texts[prompt]


def test_clients_that_leave_make_room(client, texts):
    streams = [complete(client, "Once", max_tokens=250, stream=True, extra_body={"ignore_eos": True}) for _ in range(4)]
    for stream in streams:
        next(iter(stream))
        stream.close()
    assert texts[PROMPTS[2]].startswith(complete(client, PROMPTS[2], max_tokens=20).choices[0].text)


def test_the_same_seed_tells_the_same_story(client):
    one, again, other = (complete(client, "One", temperature=1, seed=seed, max_tokens=40) for seed in (7, 7, 8))
    assert one.choices[0].text == again.choices[0].text != other.choices[0].text


def test_log_probabilities_are_told(client):
    likelihoods = complete(client, PROMPTS[0], max_tokens=3, logprobs=2).choices[0].logprobs
    for logprob, best in zip(likelihoods.token_logprobs, likelihoods.top_logprobs, strict=True):
        assert len(best) >= 2 and logprob == pytest.approx(max(best.values()))


@pytest.mark.parametrize("penalty", [{"frequency_penalty": 2.0}, {"repetition_penalty": 2.0}], ids=str)
def test_penalties_are_the_engines(client, generator, texts, penalty):
    (expected,) = generator.generate(PROMPTS[:1], Sampling(temperature=0, **penalty), max_new_tokens=60)
    assert not texts[PROMPTS[0]].startswith(expected.text)
    assert complete(client, PROMPTS[0], max_tokens=60, extra_body=penalty).choices[0].text == expected.text


@pytest.mark.parametrize("room", [1, 6])
def test_a_full_context_ends_the_text(client, room):
    completion = complete(client, [5] * (256 - room), max_tokens=1000)
    assert completion.usage.completion_tokens == room
    assert completion.choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "gpt2"},
        {"prompt": [5] * 257},
        {"prompt": "word " * 300},
        {"prompt": ""},
        {"prompt": [""]},
        {"prompt": [1024]},
        {"prompt": [-1]},
        {"temperature": -0.1},
        {"temperature": 3},
        {"temperature": "hot"},
        {"top_p": 2},
        {"max_tokens": -1},
        {"logprobs": 500},
        {"echo": True, "logprobs": 1},
        {"temperature": 1, "extra_body": {"top_k": 2**40}},
        {"extra_body": {"unheard": "of"}},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
def test_a_bad_request_is_answered_4xx(client, wrong):
    with pytest.raises(openai.APIStatusError) as refusal:
        complete(client, **{"prompt": "One", "max_tokens": 2} | wrong)
    assert 400 <= refusal.value.status_code < 500


@pytest.mark.parametrize("body", ["", "{", "[]", '{"model": "storyteller"}', '{"prompt": "One"}', "\ufffe"])
def test_what_is_no_request_is_answered_4xx(server, body):
    answer = httpx.post(f"{server}/completions", content=body, timeout=60)
    assert 400 <= answer.status_code < 500


def test_the_refusal_of_an_id_names_it(client):
    with pytest.raises(openai.BadRequestError, match="id 1024 in the prompt: expected 0 to 1023"):
        complete(client, [5, 1024])


def test_after_all_that_it_answers(client, texts):
    assert complete(client, PROMPTS[3], max_tokens=200).choices[0].text == texts[PROMPTS[3]]


# Every parameter of OpenAI's client: an answer, or a refusal that names it

PARAMETERS = {  # of each: values that are answered, and values that are refused
    "model": (["storyteller"], []),  # another one is a 404
    "prompt": (["One", ["One", "Two"], [5], [[5, 6], [7]]], ["", [], [""], [[]], ["One", 5], [5.5], None, {}]),
    "best_of": ([1, None], [0, 2, "x"]),
    "echo": ([False, None], [True, "x"]),
    "frequency_penalty": ([-2, 1.5, None], [2.1, "x"]),
    "logit_bias": ([{}, None], [{"11": -100}, [], "x"]),
    "logprobs": ([0, 1, 5, None], [-1, 8, 1.5, True]),
    "max_tokens": ([1, 300, None], [0, -1, 2.5, "3"]),
    "n": ([1, None], [0, 2]),
    "presence_penalty": ([-2, 2, None], [-2.5]),
    "seed": ([0, 1, 2**62, None], [-1, 0.5, 2**63, "x"]),
    "stop": ([".", ["a", "b"], [], None], ["", [""], list("abcde"), 5]),
    "stream": ([False, True, None], [7]),
    "stream_options": ([None], []),
    "suffix": (["", None], ["the end"]),
    "temperature": ([0, 2, None], [-0.1, 2.1, "hot"]),
    "top_p": ([0.1, 1, None], [0, 1.1]),
    "user": (["somebody"], []),
}


def test_every_parameter_of_the_client_is_known(client):
    asked = inspect.signature(client.completions.create).parameters.keys()
    assert asked - {"extra_headers", "extra_query", "extra_body", "timeout"} == PARAMETERS.keys()


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (good, _) in PARAMETERS.items() for value in good])
def test_a_parameter_is_answered(client, name, value):
    answer = complete(client, **{"prompt": "One", "max_tokens": 3} | {name: value})
    choices = [choice for part in answer for choice in part.choices] if value is True else answer.choices
    assert len({choice.index for choice in choices}) == (2 if value in (["One", "Two"], [[5, 6], [7]]) else 1)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, bad) in PARAMETERS.items() for value in bad])
def test_a_parameter_is_refused_by_its_name(client, name, value):
    with pytest.raises(openai.BadRequestError) as refusal:
        complete(client, **{"prompt": "One", "max_tokens": 3} | {name: value})
    assert refusal.value.param == name and refusal.value.body["message"].startswith(name)


@pytest.mark.parametrize("stop", ["curious", ["nothing", " curious b"], "us", [",", "x"]], ids=str)
@pytest.mark.parametrize("stream", [False, True])
def test_a_text_ends_before_a_stop_string_as_the_engines_does(client, generator, stop, stream):
    listed = [stop] if isinstance(stop, str) else stop
    (expected,) = generator.generate(PROMPTS[0], Sampling(temperature=0), max_new_tokens=40, stop=listed)
    answer = complete(client, PROMPTS[0], max_tokens=40, stop=stop, stream=stream)
    parts = [part.choices[0] for part in answer] if stream else answer.choices
    assert "".join(part.text for part in parts) == expected.text
    assert [part.finish_reason for part in parts if part.finish_reason] == ["stop"]


def test_max_tokens_left_out_are_sixteen(client):
    assert complete(client, "One", extra_body={"ignore_eos": True}).usage.completion_tokens == 16


def test_seed_0_is_a_seed(client):
    one, again = (complete(client, "One", temperature=1, seed=0, max_tokens=20).choices[0].text for _ in range(2))
    assert one == again


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities_come_with_tokens_and_their_places(client, stream):
    answer = complete(client, PROMPTS[0], max_tokens=6, logprobs=2, stream=stream)
    parts = [part.choices[0] for part in answer] if stream else answer.choices
    text = "".join(part.text for part in parts)
    told = [part.logprobs for part in parts if part.logprobs]
    tokens, places = ([value for each in told for value in getattr(each, name)] for name in ("tokens", "text_offset"))
    assert "".join(tokens) == text and len(tokens) == 6
    assert places == [len("".join(tokens[:count])) for count in range(6)]


def test_several_prompts_in_one_stream_are_refused(client):
    with pytest.raises(openai.BadRequestError) as refusal:
        complete(client, ["One", "Two"], stream=True)
    assert refusal.value.param == "prompt" and "several" in refusal.value.body["message"]


def test_another_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError, match="model 'gpt2': expected 'storyteller'") as refusal:
        complete(client, "One", model="gpt2")
    assert refusal.value.param == "model"


def test_a_chat_without_a_template_is_refused(client):
    with pytest.raises(openai.BadRequestError, match="no chat template"):
        client.chat.completions.create(model="storyteller", messages=[{"role": "user", "content": "Hello"}])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "embeddings", 404),
        ("POST", "audio/speech", 404),
        ("GET", "nothing", 404),
        ("GET", "completions", 405),
        ("DELETE", "models", 405),
        ("GET", "models/storyteller", 200),
        ("GET", "models", 200),
    ],
)
def test_what_is_not_served_is_not_found(server, method, path, status):
    assert httpx.request(method, f"{server}/{path}", timeout=60).status_code == status


def test_what_is_too_large_is_refused_at_once(server):
    began = time.monotonic()
    answer = httpx.post(f"{server}/completions", json={"model": "storyteller", "prompt": "word " * 10**7}, timeout=60)
    assert answer.status_code == 413 and "1,048,576 bytes" in answer.json()["error"]["message"]
    assert time.monotonic() - began < 20  # it took two minutes


# What cannot be served, and the end


def refusal(*arguments):
    result = CliRunner().invoke(app, ["serve", *arguments])
    assert result.exit_code == 2
    assert result.stdout == ""
    return result.stderr


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    assert f"there is no folder {tmp_path}/nothing" in refusal("--checkpoint", f"{tmp_path}/nothing")


def test_what_is_not_a_gpt2_is_refused(write_checkpoint, tmp_path):
    folder = write_checkpoint(tmp_path, model_type="llama")
    assert 'model_type is "llama"' in refusal("--checkpoint", str(folder))


def test_weights_that_do_not_fit_are_refused(write_checkpoint, tmp_path):
    folder = write_checkpoint(tmp_path, n_layer=7)
    assert "transformer.h.6.ln_1.weight is missing" in refusal("--checkpoint", str(folder), "--port", str(free_port()))


def test_a_port_in_use_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        said = refusal("--port", port)
    assert "Address already in use" in said and port in said


def test_an_unknown_option_is_refused():
    process = start("--port", str(free_port()), "--unheard-of")
    assert process.communicate(timeout=STARTS)[0] == ""
    assert process.returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_server_that_is_not_ready_yet_ends_clean(number):
    process = start("--port", str(free_port()))
    deadline = time.monotonic() + STARTS
    while not psutil.Process(process.pid).children(recursive=True):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    assert stop(process, number) == (0, [])
