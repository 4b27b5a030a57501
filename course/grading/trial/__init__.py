"""A submission on trial: judged from outside the sandbox that it runs in."""
