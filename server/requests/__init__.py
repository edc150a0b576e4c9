"""What a client asks for, made ready to run: chats, flows, uploads, own tools; runs whose client has left."""
