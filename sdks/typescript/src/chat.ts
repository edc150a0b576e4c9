/** A chat as a page shows it: what each event of its stream changes. */

import type { ChatCitation, ChatEvent, FileRef, OpenInput, ToolState, Usage } from './models.js';
import { RunFailedError } from './problems.js';

/** One message of a chat. */
export interface ChatMessage {
  role: 'user' | 'assistant';
  /** Its text, as far as it has come. */
  content: string;
  /** Names of the files that came with it. */
  files: readonly string[];
  /** Files that the answer carries: `client.sessions.getFile` gives one. */
  answerFiles: readonly FileRef[];
  /** What the model thought before it, where it shows that. */
  reasoning: string;
  /** The tools that were called for it, each as it is now. */
  tools: readonly ToolState[];
  /** Its sources, in the order in which they were cited. One address has one `number`, and may come several times. */
  citations: readonly ChatCitation[];
  /** The run that it is of; undefined until it has begun. */
  executionId: string | undefined;
}

/** A chat at one moment. */
export interface ChatState {
  messages: readonly ChatMessage[];
  /** `waiting`: for a person, who answers one of `inputs`. */
  status: 'ready' | 'streaming' | 'waiting' | 'failed';
  error: Error | undefined;
  sessionId: string | undefined;
  /** The run that answers, or answered last. */
  executionId: string | undefined;
  /** What the run asks people. */
  inputs: readonly OpenInput[];
  /** Tokens of the last answer. */
  usage: Usage | undefined;
  /** What each node has said in the message that grows, in order. */
  parts: readonly Part[];
}

interface Part {
  node: string;
  content: string;
  reasoning: string;
}

/** What may happen to a chat. */
export type ChatChange =
  | { kind: 'sent' | 'asked again'; message: string; files: readonly string[] }
  | { kind: 'loaded'; messages: readonly Known[]; message: string | undefined; executionId: string | undefined }
  | { kind: 'event'; event: ChatEvent }
  | { kind: 'failed'; error: Error }
  | { kind: 'answered'; inputId: string | undefined }
  | { kind: 'stopped' }
  | { kind: 'cleared'; sessionId: string | undefined };

/** A message as it is known: its other fields are empty. */
export type Known = Pick<ChatMessage, 'role' | 'content'> & Partial<ChatMessage>;

/** Return a chat in which nothing was said, or what is known of it. */
export function emptyChat(sessionId?: string | undefined, messages: readonly Known[] = []): ChatState {
  return {
    messages: messages.map(said),
    status: 'ready',
    error: undefined,
    sessionId,
    executionId: undefined,
    inputs: [],
    usage: undefined,
    parts: [],
  };
}

/** Return a chat after a change. */
export function changeChat(chat: ChatState, change: ChatChange): ChatState {
  switch (change.kind) {
    case 'sent':
      return begin(chat, chat.messages, change);
    case 'asked again':
      return begin(chat, chat.messages.slice(0, chat.messages.map(({ role }) => role).lastIndexOf('user')), change);
    case 'loaded': {
      const { message } = change;
      const known = chat.messages.length > 0 ? chat.messages : change.messages.map(said);
      if (message === undefined) return { ...chat, messages: known };
      const last = known.at(-1);
      const isThere = last?.role === 'user' && last.content === message; // the run may have stored it already
      const begun = begin(chat, isThere ? known.slice(0, -1) : known, { message, files: last?.files ?? [] });
      return { ...begun, executionId: change.executionId };
    }
    case 'event':
      return follow(chat, change.event);
    case 'failed':
      return { ...chat, status: 'failed', error: change.error };
    case 'answered': {
      const inputs = chat.inputs.filter((input) => input.inputId !== change.inputId);
      // The stream may have told of it already, and of how the run ended.
      if (inputs.length === chat.inputs.length) return chat;
      return { ...chat, inputs, status: inputs.length > 0 ? 'waiting' : 'streaming' };
    }
    case 'stopped':
      return { ...chat, status: 'ready', inputs: [] };
    case 'cleared':
      return emptyChat(change.sessionId);
  }
}

/** Return a chat in which a message was sent after others. */
function begin(
  chat: ChatState,
  before: readonly ChatMessage[],
  { message, files }: { message: string; files: readonly string[] },
): ChatState {
  return {
    ...chat,
    messages: [...before, said({ role: 'user', content: message, files }), said({ role: 'assistant', content: '' })],
    status: 'streaming',
    error: undefined,
    executionId: undefined,
    inputs: [],
    usage: undefined,
    parts: [],
  };
}

function follow(chat: ChatState, event: ChatEvent): ChatState {
  switch (event.type) {
    case 'start': {
      const { sessionId, executionId } = event;
      return withLast({ ...chat, sessionId, executionId }, { executionId });
    }
    case 'content':
      return withParts(chat, grown(chat.parts, event.nodeId + (event.path ?? ''), event.content, ''));
    case 'reasoning':
      return withParts(chat, grown(chat.parts, event.nodeId + (event.path ?? ''), '', event.content));
    case 'reset': {
      const node = event.nodeId + (event.path ?? '');
      return withParts(chat, chat.parts.filter((part) => part.node !== node));
    }
    case 'tool': {
      const tools = chat.messages.at(-1)?.tools ?? [];
      const known = tools.some((tool) => tool.callId === event.callId);
      const next = known ? tools.map((tool) => (tool.callId === event.callId ? event : tool)) : [...tools, event];
      return withLast(chat, { tools: next });
    }
    case 'citation':
      return withLast(chat, { citations: [...(chat.messages.at(-1)?.citations ?? []), event] });
    case 'input': {
      const others = chat.inputs.filter((input) => input.inputId !== event.input.inputId);
      return { ...chat, status: 'waiting', inputs: [...others, event.input] };
    }
    case 'status':
      return event.status === 'running' ? { ...chat, status: 'streaming', inputs: [] } : chat;
    case 'done':
      return withLast(
        { ...chat, status: 'ready', inputs: [], usage: event.usage, parts: [] },
        { content: event.response, answerFiles: event.files ?? [] },
      );
    case 'error':
      return {
        ...chat,
        status: 'failed',
        inputs: [],
        error: new RunFailedError(event.error, event.code, event.executionId),
      };
    default:
      return chat; // a kind that shows nothing, or that a newer server has added
  }
}

/** Add to what a node has said; another node's turn begins a new part. */
function grown(parts: readonly Part[], node: string, content: string, reasoning: string): readonly Part[] {
  const last = parts.at(-1);
  if (last === undefined || last.node !== node) return [...parts, { node, content, reasoning }];
  return [
    ...parts.slice(0, -1),
    { node, content: last.content + content, reasoning: last.reasoning + reasoning },
  ];
}

function withParts(chat: ChatState, parts: readonly Part[]): ChatState {
  const content = parts.map((part) => part.content).join('');
  const reasoning = parts.map((part) => part.reasoning).join('');
  return withLast({ ...chat, parts }, { content, reasoning });
}

function withLast(chat: ChatState, change: Partial<ChatMessage>): ChatState {
  const last = chat.messages.at(-1);
  if (last === undefined) return chat;
  return { ...chat, messages: [...chat.messages.slice(0, -1), { ...last, ...change }] };
}

function said(known: Known): ChatMessage {
  return { files: [], answerFiles: [], reasoning: '', tools: [], citations: [], executionId: undefined, ...known };
}
