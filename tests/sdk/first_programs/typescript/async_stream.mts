import { AgenticRAGClient } from 'agenticrag-client';

const client = new AgenticRAGClient();
const stream = await client.chatflows.chatStream({ message: 'Say hello.' });
for await (const event of stream) {
  if (event.type === 'content') process.stdout.write(event.content);
}
