"""Looks at requests before MAX's server does: those that it would misread are refused, by the parameter's name."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse

LARGEST_BODY = 1 << 20  # bytes: eight times what fills GPT-2's context window with its longest tokens
DEFAULT_TOKENS = 16  # max_tokens, left out, as at OpenAI

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

Text = Annotated[str, Field(min_length=1)]
Ids = Annotated[list[Annotated[int, Field(strict=True)]], Field(min_length=1)]
Prompts = Text | Annotated[list[Text], Field(min_length=1)] | Ids | Annotated[list[Ids], Field(min_length=1)]
Penalty = Annotated[float, Field(ge=-2, le=2)]


class Request(BaseModel):
    """What both kinds of requests may ask for. Further parameters, such as min_p, are MAX's own, which checks them."""

    model_config = ConfigDict(extra="allow")

    model: str
    frequency_penalty: Penalty | None = None
    logit_bias: Annotated[dict[str, float], Field(max_length=0)] | None = None
    n: Literal[1] | None = None
    presence_penalty: Penalty | None = None
    seed: Annotated[int, Field(strict=True, ge=0, lt=1 << 63)] | None = None
    stop: Text | Annotated[list[Text], Field(max_length=4)] | None = None
    stream: bool | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_k: Annotated[int, Field(strict=True, ge=-1)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None


class Completion(Request):
    """/v1/completions"""

    prompt: Prompts
    best_of: Literal[1] | None = None
    echo: Literal[False] | None = None
    logprobs: Annotated[int, Field(strict=True, ge=0, le=7)] | None = None
    max_tokens: Annotated[int, Field(strict=True, ge=1)] | None = None
    suffix: Annotated[str, Field(max_length=0)] | None = None


class Chat(Request):
    """/v1/chat/completions"""

    messages: Annotated[list[dict[str, Any]], Field(min_length=1)]
    max_tokens: Annotated[int, Field(strict=True, ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(strict=True, ge=1)] | None = None


# What a parameter that is not supported may be all the same.
NOTHING_ELSE = {
    "logit_bias": "no tokens",
    "n": "1",
    "best_of": "1",
    "echo": "false",
    "suffix": "no text",
}
KINDS: dict[str, type[Request]] = {"/v1/completions": Completion, "/v1/chat/completions": Chat}
PATHS = {"/health": "GET", "/version": "GET", "/v1/models": "GET", **dict.fromkeys(KINDS, "POST")}


class Gate:
    """An ASGI middleware that lets through what MAX's server understands, in the way it understands it."""

    def __init__(self, app: Any, model: str, has_template: bool) -> None:
        """
        Args:
            model: the name that requests must have.
            has_template: whether the tokenizer knows how to put a chat.
        """
        self.app = app
        self.model = model
        self.has_template = has_template

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, method = scope["path"], scope["method"]
        known = PATHS.get("/v1/models" if path.startswith("/v1/models/") else path)
        if known is None:
            refusal = _refusal(404, f"there is no {path} here: expected {', '.join(PATHS)}")
        elif method != known and not (known == "GET" and method == "HEAD"):
            refusal = _refusal(405, f"{method} {path}: expected {known}", headers={"Allow": known})
        elif known == "GET":
            await self.app(scope, receive, send)
            return
        else:
            body = await _read(receive)
            answer = (
                _refusal(413, f"a request has {LARGEST_BODY:,} bytes at most")
                if body is None
                else self._check(path, body)
            )
            if isinstance(answer, bytes):
                await self.app(_with_length(scope, len(answer)), _replay(answer, receive), send)
                return
            refusal = answer
        await refusal(scope, receive, send)

    def _check(self, path: str, body: bytes) -> bytes | JSONResponse:
        """The body as MAX understands it, or why it is refused."""
        try:
            asked = json.loads(body)
        except ValueError as error:
            return _refusal(400, f"the request is not JSON: {error}")
        try:
            request = KINDS[path].model_validate(asked)
        except ValidationError as error:
            name = str((error.errors()[0]["loc"] or ("",))[0])
            return _refusal(400, _reason(name, asked, error), name or None)
        if request.model != self.model:
            return _refusal(404, f"model {request.model!r}: expected {self.model!r}", "model", "model_not_found")
        if isinstance(request, Chat) and not self.has_template:
            return _refusal(400, "the model has no chat template: use /v1/completions", "messages")
        if isinstance(request, Completion) and request.stream and _count(request.prompt) > 1:
            return _refusal(400, "prompt: several cannot be streamed; ask for each by itself", "prompt")
        for name in NOTHING_ELSE:
            asked.pop(name, None)
        if isinstance(request, Completion) and request.max_tokens is None:
            asked["max_tokens"] = DEFAULT_TOKENS
        if request.top_k == 0:  # MAX writes "all" as -1
            asked["top_k"] = -1
        if asked.get("logprobs") == 0 and isinstance(request, Completion):  # MAX tells nothing then
            asked["logprobs"] = 1
        if request.seed == 0:  # which MAX takes for none
            asked["seed"] = (1 << 63) - 1
        return json.dumps(asked).encode()


def _count(prompt: str | list[Any]) -> int:
    """How many prompts they are."""
    return 1 if isinstance(prompt, str) or isinstance(prompt[0], int) else len(prompt)


def _reason(name: str, asked: Any, error: ValidationError) -> str:
    if not isinstance(asked, dict):
        return "the request is not a JSON object"
    if name in NOTHING_ELSE:
        return f"{name} {json.dumps(asked[name])[:80]} is not supported: expected {NOTHING_ELSE[name]}"
    if name not in asked:
        return f"{name} is missing"
    told = list(dict.fromkeys(each["msg"] for each in error.errors() if str(each["loc"][0]) == name))
    return f"{name} {json.dumps(asked[name])[:80]}: {', or '.join(told)}"


def _refusal(
    status: int, message: str, param: str | None = None, code: str | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """An error as OpenAI's API writes it."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return JSONResponse({"error": error}, status, headers)


async def _read(receive: Receive) -> bytes | None:
    """The body of a request; None as soon as it is too large."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body once more, and then whatever follows, such as a client that leaves."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


def _with_length(scope: Message, length: int) -> Message:
    others = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
    return {**scope, "headers": [*others, (b"content-length", str(length).encode())]}
