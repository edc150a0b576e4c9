/**
 * Everything that a call throws.
 *
 *     AgenticRAGError
 *     ├── APIError            the server answered with a problem (RFC 9457); by status:
 *     │   ├── BadRequestError 400   UnauthorizedError 401   ForbiddenError 403   NotFoundError 404
 *     │   ├── ConflictError 409     TooLargeError 413       InvalidError 422     RateLimitedError 429
 *     │   └── ServerError 5xx
 *     │       └── UnavailableError 503
 *     ├── ConnectionError     there was no answer, or it broke off
 *     │   └── TimeoutError    ... within the time
 *     ├── AnswerError         the answer is none of this API's
 *     └── RunError            a run ended otherwise than well; thrown by none of the calls, which tell it as an
 *                             event or an answer, but what the hooks of `agenticrag-client/react` show
 *
 * A call that its caller's `AbortSignal` ended throws the signal's reason, as `fetch` does.
 */

/** One thing that is wrong with a request. */
export interface ProblemFault {
  /** A sentence for people. */
  message: string;
  /** Where in the body: a JSON Pointer with the names of the wire (RFC 6901). */
  pointer?: string;
  /** Which parameter of the path, query or header. */
  parameter?: string;
  /** A word for programs. */
  code?: string;
  /** The node of a flow that it is about. */
  node?: string | null;
  /** The edge of a flow that it is about. */
  edge?: string | null;
}

/** What all errors of this package are. */
export class AgenticRAGError extends Error {
  override readonly name: string = 'AgenticRAGError';
}

/** What a problem document says, with what its answer's headers add. */
export interface Problem {
  /** HTTP status of the answer. */
  status: number;
  /** What kind of problem: a URI. */
  type: string;
  /** The kind in a few words, the same for every problem of it. */
  title: string;
  /** What happened here and what to do, in a sentence or two. */
  detail: string;
  /** The kind as a word for programs; empty where the answer is no problem document. */
  code: string;
  /** Everything that is wrong, where it can be told apart. */
  errors: readonly ProblemFault[];
  /** The execution that it is about. */
  executionId: string | undefined;
  /** What to look for in the server's log, for problems that are the server's own. */
  problemId: string | undefined;
  /** Milliseconds after which to try again, where the server says so. */
  retryAfter: number | undefined;
  /** The whole document as it came. */
  document: Readonly<Record<string, unknown>>;
}

/** The server answered with a problem. */
export class APIError extends AgenticRAGError implements Problem {
  override readonly name: string = 'APIError';
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly errors: readonly ProblemFault[];
  readonly executionId: string | undefined;
  readonly problemId: string | undefined;
  readonly retryAfter: number | undefined;
  readonly document: Readonly<Record<string, unknown>>;

  constructor(problem: Problem) {
    super(problem.detail);
    this.status = problem.status;
    this.type = problem.type;
    this.title = problem.title;
    this.detail = problem.detail;
    this.code = problem.code;
    this.errors = problem.errors;
    this.executionId = problem.executionId;
    this.problemId = problem.problemId;
    this.retryAfter = problem.retryAfter;
    this.document = problem.document;
  }
}

/** 400: the request cannot be read. */
export class BadRequestError extends APIError {
  override readonly name: string = 'BadRequestError';
}
/** 401: there is no valid key. */
export class UnauthorizedError extends APIError {
  override readonly name: string = 'UnauthorizedError';
}
/** 403: the key may not do this. */
export class ForbiddenError extends APIError {
  override readonly name: string = 'ForbiddenError';
}
/** 404: the resource does not exist, or it belongs to another workspace. */
export class NotFoundError extends APIError {
  override readonly name: string = 'NotFoundError';
}
/** 409: the request does not go with what is under way. */
export class ConflictError extends APIError {
  override readonly name: string = 'ConflictError';
}
/** 413: the body is too large. */
export class TooLargeError extends APIError {
  override readonly name: string = 'TooLargeError';
}
/** 422: the request is invalid; `errors` lists every error. */
export class InvalidError extends APIError {
  override readonly name: string = 'InvalidError';
}
/** 429: too many requests; `retryAfter` says when to come back. */
export class RateLimitedError extends APIError {
  override readonly name: string = 'RateLimitedError';
}
/** 5xx: the server failed; its log has the cause under `problemId`. */
export class ServerError extends APIError {
  override readonly name: string = 'ServerError';
}
/** 503: the server starts, stops, or its database does not answer. */
export class UnavailableError extends ServerError {
  override readonly name: string = 'UnavailableError';
}

/** There was no answer, or it broke off. `cause` is what `fetch` threw. */
export class ConnectionError extends AgenticRAGError {
  override readonly name: string = 'ConnectionError';
}
/** There was no answer within the time. */
export class TimeoutError extends ConnectionError {
  override readonly name: string = 'TimeoutError';
}
/** What answered is none of this API's: a proxy's page, or a frame that is no JSON. */
export class AnswerError extends AgenticRAGError {
  override readonly name: string = 'AnswerError';
}

/** A run ended otherwise than well. */
export class RunError extends AgenticRAGError {
  override readonly name: string = 'RunError';

  constructor(
    message: string,
    /** Why, as a word for programs. */
    readonly code: string,
    readonly executionId: string,
  ) {
    super(message);
  }
}

const BY_STATUS: ReadonlyMap<number, new (problem: Problem) => APIError> = new Map([
  [400, BadRequestError],
  [401, UnauthorizedError],
  [403, ForbiddenError],
  [404, NotFoundError],
  [409, ConflictError],
  [413, TooLargeError],
  [422, InvalidError],
  [429, RateLimitedError],
  [503, UnavailableError],
]);

/** Return an answer that is no success as an error; reads its body. */
export async function readProblem(response: Response): Promise<APIError> {
  const text = await response.text().catch(() => '');
  const document = parsed(text);
  const word = (name: string): string | undefined => {
    const value = document[name];
    return typeof value === 'string' ? value : undefined;
  };
  const status = response.status;
  const kind = BY_STATUS.get(status) ?? (status >= 500 ? ServerError : APIError);
  return new kind({
    status,
    type: word('type') ?? 'about:blank',
    title: word('title') ?? response.statusText,
    detail: word('detail') ?? (text.slice(0, 500) || `The server answered ${status} and said no more.`),
    code: word('code') ?? '',
    errors: Array.isArray(document['errors']) ? (document['errors'] as ProblemFault[]) : [],
    executionId: word('execution_id'),
    problemId: word('problem_id'),
    retryAfter: readRetryAfter(response.headers.get('Retry-After')),
    document,
  });
}

/** Return milliseconds of a `Retry-After` header: seconds or a date (RFC 9110 §10.2.3). */
export function readRetryAfter(header: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
