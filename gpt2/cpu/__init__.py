"""The engine on a CPU: one operation in Mojo, and weights in the order and form that it reads."""
