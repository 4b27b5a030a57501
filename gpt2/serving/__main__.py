"""``python -m gpt2.serving serve ...``: MAX's own server and its engine, with our gate before it and our answers."""

from typing import Any

from max._entrypoints import pipelines
from max._entrypoints.cli.serve import serve_api_and_model_worker as entry
from max.serve import api_server
from max.serve.router import openai_routes

from gpt2.serving import answers
from gpt2.serving.gate import Gate

make_app = entry.fastapi_app


def gated(settings: Any, serving: Any) -> Any:
    """MAX's application, behind the gate."""
    app = make_app(settings, serving)
    has_template = bool(getattr(serving.tokenizer.delegate, "chat_template", None))
    app.add_middleware(Gate, model=serving.pipeline_config.models.model_name, has_template=has_template)
    return app


if __name__ == "__main__":  # and not in the model worker, which imports this file as well
    entry.fastapi_app = gated
    api_server.TokenGeneratorPipeline = answers.Pipeline
    openai_routes._process_log_probabilities = answers.logprobs
    pipelines.main()
