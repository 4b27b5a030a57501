"""GPT-2 at work: reads a Hugging Face checkpoint into the model of the course, and generates text with it.

- ``checkpoint`` and ``tokenizer`` read the files of a checkpoint, and refuse what is not exactly a GPT-2.
- ``cpu`` and ``gpu`` are that model with a key-value cache, which ``kv_cache`` describes; ``loading`` picks one.
- ``sampling`` chooses a token from logits, ``generator`` and ``beam`` make texts of tokens.
- ``cost`` counts what a token takes: operations, and bytes that are read.
- ``serving`` teaches the model to MAX's own server.
"""
