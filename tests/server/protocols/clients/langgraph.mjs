// LangGraph's client of JavaScript, and both its hooks in a page, against our endpoint.
import { JSDOM } from 'jsdom';

const dom = new JSDOM('<!doctype html><div id="root"></div>', { url: 'http://localhost/' });
for (const name of ['window', 'document', 'HTMLElement', 'Node'])
  globalThis[name] = name === 'window' ? dom.window : dom.window[name];
const { Command } = await import('@langchain/langgraph');
const { RemoteGraph } = await import('@langchain/langgraph/remote');
const { Client } = await import('@langchain/langgraph-sdk');
const { useStream: useRuns } = await import('@langchain/langgraph-sdk/react');
const { useStream: useThread } = await import('@langchain/react');
const { createElement } = await import('react');
const { createRoot } = await import('react-dom/client');

const apiUrl = process.env.AGENTICRAG_URL + '/langgraph';
const apiKey = process.env.AGENTICRAG_API_KEY;
const client = new Client({ apiUrl, apiKey });

const thread = await client.threads.create();
const events = [];
const input = { messages: [{ type: 'human', content: 'Hi' }] };
for await (const part of client.runs.stream(thread.thread_id, 'kind', {
  input,
  streamMode: ['values', 'messages-tuple'],
}))
  events.push(part);
const last = events.at(-1);

const text = (message) =>
  typeof message?.content === 'string'
    ? message.content
    : (message?.content ?? []).map((part) => part.text ?? '').join('');
const kind = (message) => message.type ?? message.getType?.() ?? message._getType?.();
const until = async (true_, what) => {
  for (let count = 0; count < 600; count++) {
    if (true_()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never: ${what}`);
};
const mounted = (hook, options) => {
  const seen = { current: undefined, threadId: undefined };
  const Page = () => {
    seen.current = hook({ apiUrl, apiKey, onThreadId: (id) => (seen.threadId = id), ...options });
    return null;
  };
  const place = dom.window.document.createElement('div');
  const root = createRoot(place);
  root.render(createElement(Page));
  return { seen, root };
};
const found = {};
for (const [name, hook] of [
  ['runs', useRuns],
  ['thread', useThread],
]) {
  const said = () => page.seen.current.messages.map((one) => [kind(one), text(one)]);
  let page = mounted(hook, { assistantId: 'kind' });
  await until(() => page.seen.current, `${name} is mounted`);
  page.seen.current.submit(input);
  await until(
    () => said().length === 2 && said()[1][1].endsWith('friend.') && !page.seen.current.isLoading,
    `${name} has an answer`,
  );
  const first = said();
  page.seen.current.submit({ messages: [{ type: 'human', content: 'Again' }] });
  await until(() => said().length === 4 && !page.seen.current.isLoading, `${name} has a second`);
  const second = said();
  const threadId = page.seen.threadId;
  page.root.unmount();
  page = mounted(hook, { assistantId: 'kind', threadId });
  await until(() => page.seen.current && said().length === 4, `${name} is loaded again`);
  page.root.unmount();
  page = mounted(hook, { assistantId: 'asks' });
  await until(() => page.seen.current, `${name} is mounted`);
  page.seen.current.submit(input);
  await until(() => page.seen.current.interrupt, `${name} is interrupted`);
  const asked = page.seen.current.interrupt;
  if (name === 'runs') page.seen.current.submit(undefined, { command: { resume: 'approve' } });
  else page.seen.current.respond('approve');
  await until(() => said().some((one) => one[1] === 'Done.'), `${name} goes on`);
  found[name] = { first, second, question: asked.value?.question };
  page.root.unmount();
}
// RemoteGraph: a question throws, as the local graph's does within a node.
const kindGraph = new RemoteGraph({ graphId: 'kind', url: apiUrl, apiKey });
const asksGraph = new RemoteGraph({ graphId: 'asks', url: apiUrl, apiKey });
const config = { configurable: { thread_id: (await client.threads.create()).thread_id } };
const remote = { invoked: (await kindGraph.invoke(input)).messages.map((one) => one.type), modes: [] };
for await (const [mode] of await kindGraph.stream(input, { streamMode: ['values', 'updates', 'messages'] }))
  if (!remote.modes.includes(mode)) remote.modes.push(mode);
remote.threw = await asksGraph.invoke(input, config).catch((error) => error.name);
remote.next = (await asksGraph.getState(config)).next;
remote.resumed = (await asksGraph.invoke(new Command({ resume: 'approve' }), config)).messages.at(-1).content;
await asksGraph.updateState(config, { messages: [{ role: 'assistant', content: 'More.' }] });
remote.history = [];
for await (const state of asksGraph.getStateHistory(config)) remote.history.push(state.values.messages?.length ?? 0);
remote.nodes = Object.keys((await kindGraph.getGraphAsync()).nodes);
console.log(
  JSON.stringify({
    remote,
    first: events[0].event,
    last: [last.event, last.data.messages.map((one) => [one.type, one.content])],
    found,
  }),
);
process.exit(0);
