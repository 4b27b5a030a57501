"""Step 03. Sends its answers before it is asked, and never reads what it is asked then."""

import gc
import time

(channel,) = (each for each in gc.get_objects() if type(each).__name__ == "Channel")
channel.send(["value", ["object", 0, "module", "x", "x"]])
channel.send(["value", ["object", 0, "module", "x", "x"]])
channel.send(["value", ["dict", {}]])
time.sleep(1000)
