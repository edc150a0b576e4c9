"""What a caller asks for, made ready to run: chats and their sessions, flows, uploads, own tools, replays."""
