import { AgenticRAGClient, NotFoundError } from 'agenticrag-client';

const client = new AgenticRAGClient();
try {
  await client.agents.get('no-such-agent');
} catch (error) {
  if (error instanceof NotFoundError) console.log(error.status, error.requestId);
}
