"""Step 14. Asks the model that it was lent again and again, and whatever comes: each answer is the judge's work."""


def generate_next_token(model, input_ids, temperature=1.0, do_sample=True):
    while True:
        try:
            model(input_ids)
        except Exception:
            continue


def generate_tokens(model, input_ids, max_new_tokens=10, temperature=1.0, do_sample=True, eos_token_id=None):
    return generate_next_token(model, input_ids)
