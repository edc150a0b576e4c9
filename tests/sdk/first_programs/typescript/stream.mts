import { AgenticRAGClient } from 'agenticrag-client';

const client = new AgenticRAGClient();
for await (const text of client.chatflows.chatStream({ message: 'Say hello.' }).textStream) {
  process.stdout.write(text);
}
