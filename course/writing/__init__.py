"""The finished model at work: it writes, chats and serves."""
