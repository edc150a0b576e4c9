/** What a first program does, on whichever runtime this is: a chat, a stream, a cancel, an error with its class. */

import { AgenticRAGClient, NotFoundError, VERSION } from 'agenticrag-client';

/** Do it against a live server and return what came. */
export async function tour(baseUrl, apiKey) {
  const client = new AgenticRAGClient({ baseUrl, apiKey });
  const first = await client.chatflows.chat({ message: 'Hello!' });
  const texts = [];
  let ended;
  for await (const event of client.chatflows.chatStream({ message: 'Hello!', sessionId: first.sessionId })) {
    if (event.type === 'content') texts.push(event.content);
    if (event.type === 'done') ended = event;
  }
  const agents = await client.agents.list();
  let refused = '';
  try {
    await client.flows.get('none');
  } catch (error) {
    if (error instanceof NotFoundError) refused = `${error.status} ${error.requestId === undefined ? '' : 'id'}`;
    else throw error;
  }
  const whole = ended !== undefined && texts.join('') === ended.response && texts.length > 1;
  const found = { chat: first.success, stream: whole, list: agents.total >= 0, error: refused === '404 id' };
  const wrong = Object.entries(found).filter(([, ok]) => !ok).map(([name]) => name);
  return wrong.length === 0 ? `fine ${VERSION}` : `wrong: ${wrong.join(', ')} (${refused})`;
}
