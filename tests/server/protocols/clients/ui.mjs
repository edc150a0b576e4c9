// The AI SDK's chat, version 6 or 7, against our endpoint.
const version = process.argv[2];
const { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } = await import(
  `ai${version}`
);
const { Chat } = await import(`chat${version}`);

const key = process.env.AGENTICRAG_API_KEY;
const of = (slug, id, more = {}) => {
  const errors = [];
  const chat = new Chat({
    id,
    transport: new DefaultChatTransport({
      api: `${process.env.AGENTICRAG_URL}/ai-sdk/${slug}`,
      headers: { Authorization: `Bearer ${more.key ?? key}` },
    }),
    sendAutomaticallyWhen: more.automatic ?? (() => false),
    onError: (error) => errors.push(error.message),
  });
  return { chat, errors };
};
// The text of the answer, as far as it is there: a message of the user's is none.
const text = (chat) => {
  const last = chat.messages.at(-1);
  const parts = last?.role === 'assistant' ? last.parts : [];
  return parts.filter((part) => part.type === 'text').map((part) => part.text).join('|');
};
// Wait until an answer has text, or is over.
const begun = async (chat, answering) => {
  let over = false;
  answering.finally(() => (over = true));
  while (!text(chat) && !over) await new Promise((resolve) => setTimeout(resolve, 20));
};

const kind = of('kind', `kind-${version}`);
await kind.chat.sendMessage({ text: 'Hi' });
const first = [text(kind.chat), kind.chat.status, kind.chat.messages.at(-1).metadata];
await kind.chat.sendMessage({ text: 'Again' });
const second = text(kind.chat);
await kind.chat.regenerate();
const regenerated = [text(kind.chat), kind.chat.messages.length];

const tools = of('counts', `counts-${version}`);
await tools.chat.sendMessage({ text: '6*7?' });
const parts = tools.chat.messages.at(-1).parts.map((part) => [part.type, part.state ?? '']);

const asks = of('asks', `asks-${version}`);
await asks.chat.sendMessage({ text: 'Go' });
const input = asks.chat.messages.at(-1).parts.find((part) => part.type === 'data-input').data;
const question = text(asks.chat);
await asks.chat.sendMessage(undefined, {
  body: { respond: { execution_id: input.execution_id, input_id: input.input_id, action: 'approve' } },
});
const answered = text(asks.chat);

// Approve and reject by useChat's own means: the answers are sent by themselves.
const approvals = [];
for (const approved of [true, false]) {
  const automatic = lastAssistantMessageIsCompleteWithApprovalResponses;
  const { chat, errors } = of('asks', `approves-${approved}-${version}`, { automatic });
  await chat.sendMessage({ text: 'Go' });
  const tool = () => chat.messages.at(-1).parts.find((part) => part.type === 'dynamic-tool');
  const { state, approval, input: asked } = tool();
  await chat.addToolApprovalResponse({ id: approval.id, approved, reason: 'So be it.' });
  while (chat.status !== 'ready' || tool().state.startsWith('approval')) {
    if (errors.length) throw new Error(errors[0]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  approvals.push([state, asked.message, tool().state, text(chat), chat.messages.length]);
}

const slow = of('slow', `slow-${version}`);
const sending = slow.chat.sendMessage({ text: 'Hi' });
await begun(slow.chat, sending);
const other = of('slow', `slow-${version}`);
const resuming = other.chat.resumeStream();
await begun(other.chat, resuming);
// The model pauses within its answer until both have begun to read it.
await fetch(new URL('/control/release', process.env.MODEL_URL), { method: 'POST' });
await Promise.all([sending, resuming]);
const resumed = [text(slow.chat), text(other.chat), other.chat.status];
const idle = of('slow', `slow-${version}`);
await idle.chat.resumeStream();

const stopped = of('slow', `stopped-${version}`);
const stopping = stopped.chat.sendMessage({ text: 'Hi' });
await begun(stopped.chat, stopping);
const stop = await fetch(`${process.env.AGENTICRAG_URL}/ai-sdk/slow/stopped-${version}/stop`, {
  method: 'POST',
  headers: { Authorization: `Bearer ${key}` },
});
await stopping;

const wrong = of('broken', `broken-${version}`);
await wrong.chat.sendMessage({ text: 'Hi' });
const nobody = of('kind', `nobody-${version}`, { key: 'ar_no' });
await nobody.chat.sendMessage({ text: 'Hi' });
console.log(
  JSON.stringify({
    first,
    second,
    regenerated,
    parts,
    question,
    actions: input.actions,
    answered,
    approvals,
    resumed,
    idle: [idle.chat.status, idle.errors, idle.chat.messages.length],
    stopped: [stop.status, stopped.chat.status, text(stopped.chat)],
    wrong: [wrong.chat.status, wrong.errors.length],
    nobody: [nobody.chat.status, nobody.errors],
  }),
);
