/**
 * Everything that a call throws. Both SDKs have the same names.
 *
 *     AgenticRAGError
 *     ├── ArgumentError                 what was given cannot be sent; nothing was sent
 *     ├── APIConnectionError            there was no answer, or it broke off
 *     │   ├── APITimeoutError           ... within the time
 *     │   │   └── WaitTimeoutError      `wait` waited as long as it was told to
 *     │   └── StreamBrokenError         a stream broke and could not be taken up again
 *     ├── APIResponseValidationError    the answer is none of this API's
 *     ├── RunFailedError                a run ended otherwise than well: with `raiseOnFailure`, and what the hooks
 *     │                                 of `agenticrag-client/react` show
 *     └── APIStatusError                the server answered with a problem (RFC 9457); by status:
 *         ├── RedirectError 3xx             BadRequestError 400             AuthenticationError 401
 *         ├── PermissionDeniedError 403     NotFoundError 404               ConflictError 409
 *         ├── RequestTooLargeError 413      UnsupportedMediaTypeError 415   UnprocessableEntityError 422
 *         ├── RateLimitError 429
 *         └── InternalServerError 5xx
 *             └── ServiceUnavailableError 503
 *
 * Names of earlier versions (`APIError`, `InvalidError`, `TimeoutError`, …) stay, as other names of the same classes.
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

/** What was given cannot be sent; nothing was sent. */
export class ArgumentError extends AgenticRAGError {
  override readonly name: string = 'ArgumentError';
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
  /** What the server's log calls the request. */
  requestId: string | undefined;
  /** Seconds after which to try again, where the server says so. */
  retryAfter: number | undefined;
  /** The answer's headers. */
  headers: Headers;
  /** The whole document as it came. */
  document: Readonly<Record<string, unknown>>;
}

/** The server answered with a problem. */
export class APIStatusError extends AgenticRAGError implements Problem {
  override readonly name: string = 'APIStatusError';
  declare readonly status: number;
  declare readonly type: string;
  declare readonly title: string;
  declare readonly detail: string;
  declare readonly code: string;
  declare readonly errors: readonly ProblemFault[];
  declare readonly executionId: string | undefined;
  declare readonly problemId: string | undefined;
  declare readonly requestId: string | undefined;
  declare readonly retryAfter: number | undefined;
  declare readonly headers: Headers;
  declare readonly document: Readonly<Record<string, unknown>>;

  constructor(problem: Problem) {
    super(problem.detail);
    Object.assign(this, problem);
  }
}

/** 3xx: the API is elsewhere; give its own address as `baseUrl`. */
export class RedirectError extends APIStatusError {
  override readonly name: string = 'RedirectError';
}
/** 400: the request cannot be read. */
export class BadRequestError extends APIStatusError {
  override readonly name: string = 'BadRequestError';
}
/** 401: there is no valid key. */
export class AuthenticationError extends APIStatusError {
  override readonly name: string = 'AuthenticationError';
}
/** 403: the key may not do this. */
export class PermissionDeniedError extends APIStatusError {
  override readonly name: string = 'PermissionDeniedError';
}
/** 404: the resource does not exist, or it belongs to another workspace. */
export class NotFoundError extends APIStatusError {
  override readonly name: string = 'NotFoundError';
}
/** 409: the request does not go with what is under way. */
export class ConflictError extends APIStatusError {
  override readonly name: string = 'ConflictError';
}
/** 413: the body is too large. */
export class RequestTooLargeError extends APIStatusError {
  override readonly name: string = 'RequestTooLargeError';
}
/** 415: the body is not of the right kind. */
export class UnsupportedMediaTypeError extends APIStatusError {
  override readonly name: string = 'UnsupportedMediaTypeError';
}
/** 422: the request is invalid; `errors` lists every error. */
export class UnprocessableEntityError extends APIStatusError {
  override readonly name: string = 'UnprocessableEntityError';
}
/** 429: too many requests; `retryAfter` says in how many seconds to come back. */
export class RateLimitError extends APIStatusError {
  override readonly name: string = 'RateLimitError';
}
/** 5xx: the server failed; its log has the cause under `requestId`. */
export class InternalServerError extends APIStatusError {
  override readonly name: string = 'InternalServerError';
}
/** 503: the server starts, stops, or its database does not answer. */
export class ServiceUnavailableError extends InternalServerError {
  override readonly name: string = 'ServiceUnavailableError';
}

/** There was no answer, or it broke off. `cause` is what `fetch` threw. */
export class APIConnectionError extends AgenticRAGError {
  override readonly name: string = 'APIConnectionError';
}
/** There was no answer within the time. What a call has started goes on at the server. */
export class APITimeoutError extends APIConnectionError {
  override readonly name: string = 'APITimeoutError';
}
/** What was waited for had not come when the time was over. It may still come. */
export class WaitTimeoutError extends APITimeoutError {
  override readonly name: string = 'WaitTimeoutError';
}
/** A stream broke and could not be taken up again; `lastEventId` is how far it came. */
export class StreamBrokenError extends APIConnectionError {
  override readonly name: string = 'StreamBrokenError';

  constructor(
    message: string,
    readonly lastEventId: string | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
/** What answered is none of this API's: a proxy's page, or a frame that is no JSON. */
export class APIResponseValidationError extends AgenticRAGError {
  override readonly name: string = 'APIResponseValidationError';
}

/** A run ended otherwise than well. */
export class RunFailedError extends AgenticRAGError {
  override readonly name: string = 'RunFailedError';

  constructor(
    message: string,
    /** Why, as a word for programs; the run's status where there is no other. */
    readonly code: string,
    readonly executionId: string,
    /** The answer or the event that told of it. */
    readonly answer?: unknown,
  ) {
    super(message);
  }
}

export {
  APIConnectionError as ConnectionError,
  APIResponseValidationError as AnswerError,
  APIStatusError as APIError,
  APITimeoutError as TimeoutError,
  AuthenticationError as UnauthorizedError,
  InternalServerError as ServerError,
  PermissionDeniedError as ForbiddenError,
  RateLimitError as RateLimitedError,
  RequestTooLargeError as TooLargeError,
  RunFailedError as RunError,
  ServiceUnavailableError as UnavailableError,
  UnprocessableEntityError as InvalidError,
};

const BY_STATUS: Readonly<Record<number, new (problem: Problem) => APIStatusError>> = {
  400: BadRequestError,
  401: AuthenticationError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  413: RequestTooLargeError,
  415: UnsupportedMediaTypeError,
  422: UnprocessableEntityError,
  429: RateLimitError,
  503: ServiceUnavailableError,
};

/** Return an answer that is no success as an error; reads its body. */
export async function readProblem(response: Response, hide = (text: string) => text): Promise<APIStatusError> {
  const { headers, status } = response;
  const text = hide(await response.text().catch(() => ''));
  const document = parsed(text) ?? {};
  const word = (name: string): string | undefined => {
    const value = document[name];
    return typeof value === 'string' ? value : undefined;
  };
  const moved = status < 400; // a browser tells of a redirect by 0
  const to = headers.get('Location')?.split('?')[0] ?? 'an address that it does not tell';
  const [base, api] = to.split('/api/');
  const kind =
    BY_STATUS[status] ?? (moved ? RedirectError : status >= 500 ? InternalServerError : APIStatusError);
  return new kind({
    status,
    type: word('type') ?? 'about:blank',
    title: word('title') ?? response.statusText,
    detail: moved
      ? `The server redirects to ${to}, and redirects are not followed: give ${base && api ? `'${base}'` : "the API's own address"} as 'baseUrl'.`
      : (word('detail') ?? (text.slice(0, 500) || `The server answered ${status} and said no more.`)),
    code: word('code') ?? '',
    errors: Array.isArray(document['errors']) ? (document['errors'] as ProblemFault[]) : [],
    executionId: word('execution_id'),
    problemId: word('problem_id'),
    requestId: headers.get('X-Request-Id') ?? word('request_id'),
    retryAfter: readRetryAfter(headers.get('Retry-After')),
    headers,
    document,
  });
}

/** Return seconds of a `Retry-After` header: a number or a date (RFC 9110 §10.2.3). */
export function readRetryAfter(header: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now()) / 1000;
}

/** Return the JSON object, or list, that a text is; undefined where it is none. */
export function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value instanceof Object ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
