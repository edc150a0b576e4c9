"""What a client asks for, made ready to run: chats, flows, uploads, documents, own tools, answers."""
