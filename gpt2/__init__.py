"""The engine: it loads a GPT-2 checkpoint, and writes text with the model that the course builds."""
