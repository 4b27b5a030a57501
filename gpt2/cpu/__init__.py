"""The model on a CPU: one operation in Mojo for a whole forward pass, and weights stored in the order of that pass.

It computes what ``gpt2/gpu.py`` computes with MAX's own operations, and differs from it in five steps. Each is one
file, and may be read by itself:

1. Every weight is read once for each token, and reading takes most of the time. So the weight of a linear layer is
   cut into panels, which are read from beginning to end (``panels.py`` stores them, ``mojo/panels.mojo`` multiplies).
2. Fewer bytes are read faster: weights may be stored as bfloat16 or int8, and become float32 in registers only.
3. MAX starts one operation for a token, where ``gpu.py`` starts a hundred: ``mojo/model.mojo`` is the forward pass,
   step by step as in the solutions, and a linear layer also applies what follows it (``mojo/linear.mojo``).
4. The cores are woken once for a token, not once for each loop (``mojo/team.mojo``).
5. The cache grows in place: new keys and values are written behind the old ones, in panels as well
   (``mojo/attention.mojo``).

``model.py`` lays the weights out and calls the operation, which ``operation.py`` compiles and
``kernel.py`` finds where it has been compiled before.
"""
