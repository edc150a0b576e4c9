/** Runs that failed: what answers and events say of them, for those who want an exception. */

import { RunFailedError } from './problems.js';

interface Told {
  type?: string;
  status?: string;
  error?: unknown;
  errorMessage?: string | null;
  code?: string;
  id?: string;
  executionId?: string;
  data?: { error?: unknown; code?: string } | null;
}

/** Return the error of an answer or an event that tells of a run that failed; undefined for any other. */
export function failureOf(found: unknown, executionId?: string): RunFailedError | undefined {
  const told = Object(found) as Told;
  const { type = '', status = '' } = told;
  const ended = /^run\.(failed|cancelled)$/.exec(type)?.[1];
  const answered = type === '' && 'error' in told && /^(failed|cancelled|timeout)$/.test(status);
  if (ended === undefined && type !== 'error' && !answered) return undefined;
  const facts = ended === undefined ? told : (told.data ?? {});
  const error = told.errorMessage ?? facts.error;
  const word = String(facts.code ?? ended ?? (status || 'failed'));
  const message = typeof error === 'string' ? error : (Object(error) as { message?: string }).message;
  const run = told.executionId ?? executionId ?? told.id ?? '';
  return new RunFailedError(message || `The run ended as '${word}'.`, word, run, found);
}

/** Return the text that an event adds to an answer; empty for an event of another kind. */
export function textOf(event: unknown): string {
  const { type, content, data } = Object(event) as { type?: string; content?: string; data?: { content?: string } };
  if (type === 'content' || type === 'token') return content ?? '';
  return type === 'message.delta' ? (data?.content ?? '') : '';
}
