// AG-UI's HttpAgent, version 0 (which CopilotKit pins) or 1, against our endpoint.
const version = process.argv[2];
const { HttpAgent } = await import(`agui${version}`);

const key = process.env.AGENTICRAG_API_KEY;
const of = (slug, threadId) =>
  new HttpAgent({
    url: `${process.env.AGENTICRAG_URL}/ag-ui/${slug}`,
    headers: { Authorization: `Bearer ${key}` },
    threadId,
  });
const run = async (agent, parameters = {}) => {
  const events = [];
  await agent.runAgent(parameters, { onEvent: ({ event }) => void events.push(event) });
  return events;
};
const messages = (agent) => agent.messages.map((one) => [one.role, one.content]);

const kind = of('kind', `kind-${version}`);
kind.addMessage({ id: 'u1', role: 'user', content: 'Hi' });
const first = await run(kind);
const one = messages(kind);
kind.addMessage({ id: 'u2', role: 'user', content: 'Again' });
await run(kind);
const two = messages(kind);
kind.setMessages([...kind.messages.slice(0, 2), { id: 'u3', role: 'user', content: 'Edited' }]);
await run(kind);
const three = messages(kind);

const tools = of('counts', `counts-${version}`);
tools.addMessage({ id: 'u1', role: 'user', content: '6*7?' });
const called = (await run(tools)).map((event) => event.type);

const asks = of('asks', `asks-${version}`);
asks.addMessage({ id: 'u1', role: 'user', content: 'Go' });
const asked = (await run(asks)).at(-1);
const [interrupt] = asked.outcome.interrupts;
await run(asks, {
  resume: [{ interruptId: interrupt.id, status: 'resolved', payload: { action: 'approve' } }],
});
const answered = messages(asks);

const slow = of('slow', `slow-${version}`);
slow.addMessage({ id: 'u1', role: 'user', content: 'Hi' });
const ends = [];
let begun;
const started = new Promise((resolve) => (begun = resolve));
const running = slow.runAgent(
  {},
  {
    onTextMessageContentEvent: () => begun(),
    onRunFinishedEvent: ({ event }) => void ends.push(event),
    onRunErrorEvent: ({ event }) => void ends.push(event),
  },
);
await started;
const headers = { Authorization: `Bearer ${key}` };
const place = `${process.env.AGENTICRAG_URL}/ag-ui/slow/threads/slow-${version}`;
const stop = await fetch(`${place}/stop`, { method: 'POST', headers });
await running.catch(() => {});
const rejoined = await (await fetch(`${place}/events`, { headers })).text();
console.log(
  JSON.stringify({
    first: first.map((event) => event.type),
    one,
    two,
    three,
    called,
    message: interrupt.message,
    actions: interrupt.metadata.actions,
    answered,
    stop: stop.status,
    ends: ends.map((event) => event.outcome?.type ?? event.code),
    rejoined: rejoined.split('\n\n').filter(Boolean).map((frame) => JSON.parse(frame.slice(6)).type),
  }),
);
