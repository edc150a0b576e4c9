/** A hook for React 18 and newer: a chat. */

import { useCallback, useEffect, useReducer, useRef } from 'react';

import { changeChat, emptyChat, type ChatChange, type ChatMessage, type ChatState, type Known } from './chat.js';
import type { AgenticRAGClient } from './client.js';
import type { ChatCitation, ChatEvent, ChatOptions, InputResponse, SentFile, StoredMessage } from './models.js';
import { AgenticRAGError, NotFoundError } from './problems.js';
import type { EventStream, OpenStream } from './stream.js';

/** What a chat is with. */
export interface UseChatOptions {
  client: AgenticRAGClient;
  /** The stored chatflow that answers; without one, the server's default model does. */
  workflowId?: string | undefined;
  /** The session to go on with, or a name for a new one. */
  sessionId?: string | undefined;
  /** What was said before, as the page knows it. */
  initialMessages?: readonly (Pick<ChatMessage, 'role' | 'content'> & Partial<ChatMessage>)[] | undefined;
  /**
   * Whether a component that is drawn anew shows the session's messages, and goes on with the run that is under way
   * in it. Needs a `sessionId`.
   */
  resume?: boolean | undefined;
  /** Of the model, where no stored chatflow answers. */
  config?: ChatOptions | undefined;
  /** Inputs of the chatflow, by name; they go with every message. */
  inputs?: Record<string, unknown> | undefined;
  /** Variables that the chatflow's start declares, by name. */
  variables?: Record<string, unknown> | undefined;
  /** Hears every event of the stream. */
  onEvent?: ((event: ChatEvent) => void) | undefined;
}

/** What goes with a message. */
export interface SendOptions {
  /** Files, as far as the chatflow takes any. */
  files?: readonly (File | SentFile)[] | undefined;
}

/** A chat, and what may be done with it. */
export interface Chat extends ChatState {
  /** Say something; returns when the answer is whole. Errors are in `error`. */
  send: (message: string, options?: SendOptions) => Promise<void>;
  /** Ask the last message again, in place of its answer; the session keeps both, as alternatives. */
  regenerate: () => Promise<void>;
  /** Cancel the run that answers. */
  stop: () => Promise<void>;
  /** Answer what the run asks. */
  respond: (answer: InputResponse) => Promise<void>;
  /** Begin anew, with another session. */
  clear: (sessionId?: string) => void;
}

const UNDER_WAY = new Set(['pending', 'running', 'waiting_approval']);

/** Chat with a flow. A component that goes away leaves the run to the server. It is drawn once a frame. */
export function useChat(options: UseChatOptions): Chat {
  const { client, workflowId, sessionId, initialMessages, resume } = options;
  const [chat, draw] = useReducer(changeAll, emptyChat(sessionId, initialMessages));
  const latest = useRef({ chat, options });
  const reading = useRef<AbortController | undefined>(undefined);
  const stopping = useRef<AbortController | undefined>(undefined); // a reading whose run has no name yet
  const said = useRef<readonly [string, SendOptions] | undefined>(undefined);
  const waiting = useRef<ChatChange[]>([]);
  const frame = useRef<(() => void) | undefined>(undefined);
  useEffect(() => {
    latest.current = { chat, options };
  });

  const flush = useCallback((): void => {
    frame.current?.();
    frame.current = undefined;
    const changes = waiting.current;
    waiting.current = [];
    if (changes.length > 0) draw(changes);
  }, []);
  const change = useCallback(
    (next: ChatChange): void => {
      waiting.current.push(next);
      if (next.kind !== 'event') flush();
      else frame.current ??= onNextFrame(flush);
    },
    [flush],
  );
  useEffect(
    () => () => {
      reading.current?.abort();
      frame.current?.();
      frame.current = undefined;
    },
    [],
  );

  /** Read what `begin` streams into the chat, as the one reading that there is. */
  const read = useCallback(
    async (begin: (signal: AbortSignal) => Promise<OpenStream<ChatEvent> | undefined>): Promise<void> => {
      const controller = new AbortController();
      reading.current = controller;
      try {
        const stream = await begin(controller.signal);
        if (stopping.current === controller) {
          if (stream?.executionId !== undefined) await client.executions.cancel(stream.executionId);
          return;
        }
        for await (const event of stream ?? []) {
          latest.current.options.onEvent?.(event);
          change({ kind: 'event', event });
        }
        if (!controller.signal.aborted) flush();
      } catch (error) {
        const isWanted = !controller.signal.aborted && stopping.current !== controller;
        if (isWanted) change({ kind: 'failed', error: asError(error) });
      } finally {
        controller.abort();
      }
    },
    [client, change, flush],
  );

  const ask = useCallback(
    async (message: string, { files = [] }: SendOptions, kind: 'sent' | 'asked again'): Promise<void> => {
      if (reading.current !== undefined && !reading.current.signal.aborted) {
        throw new AgenticRAGError('The last message is still being answered. Wait for it, or stop it.');
      }
      said.current = [message, { files }];
      change({ kind, message, files: files.map(({ name }) => name) });
      await read(async (signal) => {
        const sent = await Promise.all(files.map(toSent));
        const { config, inputs, variables } = latest.current.options;
        const { sessionId } = latest.current.chat;
        const stored = kind === 'sent' || sessionId === undefined ? undefined : await lastOf(client, sessionId, message, signal);
        if (stored !== undefined && sessionId !== undefined) {
          const again = workflowId === undefined ? { config } : {};
          return client.sessions.regenerateMessageStream(sessionId, stored, again, { signal });
        }
        const request = { message, sessionId, workflowId, config, inputs, variables };
        return client.chatflows.chatStream(sent.length > 0 ? { ...request, files: sent } : request, { signal });
      });
    },
    [client, workflowId, change, read],
  );
  const send = useCallback((message: string, more: SendOptions = {}) => ask(message, more, 'sent'), [ask]);
  const regenerate = useCallback(async (): Promise<void> => {
    const last = latest.current.chat.messages.filter(({ role }) => role === 'user').at(-1)?.content;
    const [message, more] = said.current ?? [last, {}];
    if (message === undefined) throw new AgenticRAGError('Nothing was said that could be answered again.');
    await ask(message, more, 'asked again');
  }, [ask]);

  useEffect(() => {
    if (resume !== true || sessionId === undefined) return;
    void read(async (signal) => {
      const known = await historyOf(client, sessionId, signal);
      const { executions } = await client.executions.list({ sessionId, limit: 1 }, { signal });
      const last = executions[0];
      const goesOn = last !== undefined && UNDER_WAY.has(last.status);
      const message = goesOn
        ? String((await client.executions.get(last.id, { signal })).inputData['message'] ?? '')
        : undefined;
      signal.throwIfAborted();
      change({ kind: 'loaded', messages: known, message, executionId: last?.id });
      return goesOn ? (client.executions.stream(last.id, { signal }) as EventStream<ChatEvent>) : undefined;
    });
  }, [client, sessionId, resume, read, change]);

  const stop = useCallback(async (): Promise<void> => {
    flush();
    const { executionId } = latest.current.chat;
    if (executionId !== undefined) reading.current?.abort();
    else stopping.current = reading.current;
    reading.current = undefined;
    change({ kind: 'stopped' });
    if (executionId !== undefined) await client.executions.cancel(executionId);
  }, [client, change, flush]);

  const respond = useCallback(
    async (answer: InputResponse): Promise<void> => {
      const { executionId, inputs } = latest.current.chat;
      if (executionId === undefined) throw new AgenticRAGError('No run asks anything.');
      const inputId = answer.inputId ?? inputs[0]?.inputId;
      await client.executions.respond(executionId, answer);
      change({ kind: 'answered', inputId });
    },
    [client, change],
  );

  const clear = useCallback(
    (next?: string): void => {
      reading.current?.abort();
      said.current = undefined;
      change({ kind: 'cleared', sessionId: next });
    },
    [change],
  );

  return { ...chat, send, regenerate, stop, respond, clear };
}

function changeAll(chat: ChatState, changes: readonly ChatChange[]): ChatState {
  return changes.reduce(changeChat, chat);
}

/** Call back before the next frame is drawn, or where nothing is drawn soon; returns what forgets it. */
function onNextFrame(back: () => void): () => void {
  if (typeof requestAnimationFrame === 'function' && globalThis.document?.visibilityState !== 'hidden') {
    const frame = requestAnimationFrame(back);
    return () => cancelAnimationFrame(frame);
  }
  const timer = setTimeout(back, 16);
  return () => clearTimeout(timer);
}

/** Return the messages of a session; none where it has not begun. */
async function historyOf(client: AgenticRAGClient, sessionId: string, signal: AbortSignal): Promise<Known[]> {
  try {
    const { messages } = await client.sessions.getHistory(sessionId, {}, { signal });
    return messages.map(asKnown).filter(({ role, content }) => role === 'user' || (role === 'assistant' && content !== ''));
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

/** Return the id of a session's last message of the user, where it is the one that is meant. */
async function lastOf(
  client: AgenticRAGClient,
  sessionId: string,
  message: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { messages } = await client.sessions.getHistory(sessionId, { limit: 20 }, { signal });
    const last = messages.filter(({ role }) => role === 'user').at(-1);
    return last !== undefined && asKnown(last).content === message ? last.id : undefined;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

function asKnown({ role, content, messageMetadata = {} }: StoredMessage): Known {
  const parts = Array.isArray(content) ? (content as { text?: string; name?: string }[]) : [{ text: String(content) }];
  const { citations, execution_id: executionId } = messageMetadata as { citations?: unknown; execution_id?: string };
  return {
    role: role as ChatMessage['role'],
    content: parts.map(({ text }) => text ?? '').join(''),
    files: parts.flatMap(({ name }) => name ?? []),
    citations: Array.isArray(citations) ? numbered(citations as Record<string, unknown>[]) : [],
    executionId,
  };
}

/** Return citations of the history as a stream gives them: sources of one address have one number. */
function numbered(citations: readonly Record<string, unknown>[]): ChatCitation[] {
  const sources: unknown[] = [];
  return citations.map((cited) => {
    const { node_id: nodeId = '', passage_id: passageId, document_id: documentId, ...others } = cited;
    const source = cited['url'] || documentId || passageId;
    if (!sources.includes(source)) sources.push(source);
    const number = sources.indexOf(source) + 1;
    return { type: 'citation', number, url: '', nodeId, passageId, documentId, ...others } as ChatCitation;
  });
}

async function toSent(file: File | SentFile): Promise<SentFile> {
  if (!('arrayBuffer' in file)) return file;
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return { name: file.name, data: btoa(text) };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new AgenticRAGError(String(thrown));
}
