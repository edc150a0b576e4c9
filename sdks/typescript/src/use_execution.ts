/** A hook for React 18 and newer: an execution. */

import { useCallback, useEffect, useRef, useState } from 'react';

import type { AgenticRAGClient } from './client.js';
import type { Event, ExecutionDetails, InputResponse, InputView } from './models.js';
import { AgenticRAGError } from './problems.js';

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
