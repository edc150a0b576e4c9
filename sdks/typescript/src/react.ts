/** Hooks for React 18 and newer: a chat, and an execution. */

import { useCallback, useEffect, useReducer, useRef, useState } from 'react';

import { changeChat, emptyChat, type ChatState } from './chat.js';
import type { AgenticRAGClient } from './client.js';
import type { ChatEvent, ChatOptions, Event, ExecutionDetails, InputResponse, InputView } from './models.js';
import { AgenticRAGError } from './problems.js';

export type { ChatMessage, ChatState } from './chat.js';

/** What a chat is with. */
export interface UseChatOptions {
  client: AgenticRAGClient;
  /** The stored chatflow that answers; without one, the server's default model does. */
  workflowId?: string | undefined;
  /** The session to go on with, or a name for a new one. */
  sessionId?: string | undefined;
  /** Of the model, where no stored chatflow answers. */
  config?: ChatOptions | undefined;
  /** Hears every event of the stream. */
  onEvent?: ((event: ChatEvent) => void) | undefined;
}

/** A chat, and what may be done with it. */
export interface Chat extends ChatState {
  /** Say something; returns when the answer is whole. Errors are in `error`. */
  send: (message: string) => Promise<void>;
  /** Cancel the run that answers. */
  stop: () => Promise<void>;
  /** Answer what the run asks. */
  respond: (answer: InputResponse) => Promise<void>;
  /** Begin anew, with another session. */
  clear: (sessionId?: string) => void;
}

/** Chat with a flow. A component that goes away leaves the run to the server. */
export function useChat({ client, workflowId, sessionId, config, onEvent }: UseChatOptions): Chat {
  const [chat, change] = useReducer(changeChat, sessionId, emptyChat);
  const latest = useRef({ chat, config, onEvent });
  const reading = useRef<AbortController | undefined>(undefined);
  useEffect(() => {
    latest.current = { chat, config, onEvent };
  });
  useEffect(() => () => reading.current?.abort(), []);

  const send = useCallback(
    async (message: string): Promise<void> => {
      if (reading.current !== undefined && !reading.current.signal.aborted) {
        throw new AgenticRAGError('The last message is still being answered. Wait for it, or stop it.');
      }
      const controller = new AbortController();
      reading.current = controller;
      change({ kind: 'sent', message });
      const request = {
        message,
        sessionId: latest.current.chat.sessionId,
        workflowId,
        config: latest.current.config,
      };
      try {
        for await (const event of client.chatflows.chatStream(request, { signal: controller.signal })) {
          latest.current.onEvent?.(event);
          change({ kind: 'event', event });
        }
      } catch (error) {
        if (!controller.signal.aborted) change({ kind: 'failed', error: asError(error) });
      } finally {
        controller.abort();
      }
    },
    [client, workflowId],
  );

  const stop = useCallback(async (): Promise<void> => {
    const { executionId } = latest.current.chat;
    reading.current?.abort();
    change({ kind: 'stopped' });
    if (executionId !== undefined) await client.executions.cancel(executionId);
  }, [client]);

  const respond = useCallback(
    async (answer: InputResponse): Promise<void> => {
      const { executionId, inputs } = latest.current.chat;
      if (executionId === undefined) throw new AgenticRAGError('No run asks anything.');
      const inputId = answer.inputId ?? inputs[0]?.inputId;
      await client.executions.respond(executionId, answer);
      change({ kind: 'answered', inputId });
    },
    [client],
  );

  const clear = useCallback((next?: string): void => {
    reading.current?.abort();
    change({ kind: 'cleared', sessionId: next });
  }, []);

  return { ...chat, send, stop, respond, clear };
}

/** What to follow. */
export interface UseExecutionOptions {
  client: AgenticRAGClient;
  /** Nothing is followed while it is undefined. */
  executionId: string | undefined;
  /** Hears every event as it comes. */
  onEvent?: ((event: Event) => void) | undefined;
}

/** An execution at one moment, and what may be done with it. */
export interface Execution {
  /** What is known of it: when it was first looked at, when it waits for people, and when it has ended. */
  execution: ExecutionDetails | undefined;
  /** How far it is. */
  status: string | undefined;
  /** Everything that has happened in it. */
  events: readonly Event[];
  /** What it asks people, and has asked. */
  inputs: readonly InputView[];
  error: Error | undefined;
  /** Answer what it asks. */
  respond: (answer: InputResponse) => Promise<void>;
  cancel: () => Promise<void>;
}

interface Followed {
  id: string | undefined;
  execution: ExecutionDetails | undefined;
  status: string | undefined;
  events: readonly Event[];
  inputs: readonly InputView[];
  error: Error | undefined;
}

const STATUS: Readonly<Record<string, string>> = {
  'run.started': 'running',
  'run.resumed': 'running',
  'run.paused': 'waiting_approval',
  'run.completed': 'completed',
  'run.failed': 'failed',
  'run.cancelled': 'cancelled',
};
/** Milliseconds for which events are gathered: a page need not be drawn anew for each token. */
const GATHERED = 30;

/** Follow an execution from its first event to its last. */
export function useExecution({ client, executionId, onEvent }: UseExecutionOptions): Execution {
  const [followed, setFollowed] = useState<Followed>(() => nothingOf(executionId));
  const hear = useRef(onEvent);
  useEffect(() => {
    hear.current = onEvent;
  });

  useEffect(() => {
    setFollowed((now) => (now.id === executionId && now.events.length === 0 ? now : nothingOf(executionId)));
    if (executionId === undefined) return undefined;
    const controller = new AbortController();
    const { signal } = controller;
    let gathered: Event[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const update = (make: (now: Followed) => Partial<Followed>): void => {
      if (!signal.aborted) setFollowed((now) => ({ ...now, ...make(now) }));
    };
    const flush = (): void => {
      clearTimeout(timer);
      timer = undefined;
      const events = gathered;
      gathered = [];
      const status = events.map((event) => STATUS[event.type]).filter((word) => word !== undefined).at(-1);
      if (events.length > 0) {
        update((now) => ({ events: [...now.events, ...events], status: status ?? now.status }));
      }
    };
    const look = async (): Promise<void> => {
      const [execution, { inputs }] = await Promise.all([
        client.executions.get(executionId, { signal }),
        client.executions.listInputs(executionId, { signal }),
      ]);
      update(() => ({ execution, inputs, status: execution.status }));
    };
    const run = async (): Promise<void> => {
      await look();
      for await (const event of client.executions.follow(executionId, {}, { signal })) {
        hear.current?.(event);
        gathered.push(event);
        timer ??= setTimeout(flush, GATHERED);
        if (event.type === 'run.paused' || event.type.startsWith('input.')) await look();
      }
      flush();
      await look();
    };
    run().catch((error: unknown) => {
      flush();
      update(() => ({ error: asError(error) }));
    });
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [client, executionId]);

  const respond = useCallback(
    async (answer: InputResponse): Promise<void> => {
      if (executionId === undefined) throw new AgenticRAGError('There is no execution to answer.');
      await client.executions.respond(executionId, answer);
    },
    [client, executionId],
  );
  const cancel = useCallback(async (): Promise<void> => {
    if (executionId !== undefined) await client.executions.cancel(executionId);
  }, [client, executionId]);

  const { execution, status, events, inputs, error } = followed;
  return { execution, status, events, inputs, error, respond, cancel };
}

function nothingOf(id: string | undefined): Followed {
  return { id, execution: undefined, status: undefined, events: [], inputs: [], error: undefined };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new AgenticRAGError(String(thrown));
}
