/** What a call gives: a promise of its answer, which has the whole HTTP answer too. */

/** An answer with the response that brought it. */
export interface WithResponse<Answer> {
  data: Answer;
  response: Response;
  /** What the server's log calls the request. */
  requestId: string | undefined;
}

/** A promise of an answer, or of all that came with it. */
export interface APIPromise<Answer> extends Promise<Answer> {
  /** Return the answer with its status and headers. */
  withResponse(): Promise<WithResponse<Answer>>;
  /** Return the response as `fetch` gives it, its body unread. */
  asResponse(): Promise<Response>;
}

/** What was received: the response, a copy of its body, and what reads it. */
export interface Received<Answer> {
  response: Response;
  body: BodyInit | null;
  data: () => Answer;
}

/** Return a promise of an answer. */
export function promised<Answer>(received: Promise<Received<Answer>>): APIPromise<Answer> {
  const answer = received.then(({ data }) => data());
  // Whoever asks for more than the answer is told of a failure there, and there only.
  const whole = (): Promise<Received<Answer>> => {
    answer.catch(() => undefined);
    return received;
  };
  return Object.assign(answer, {
    withResponse: async (): Promise<WithResponse<Answer>> => {
      const { data, response } = await whole();
      return { data: data(), response, requestId: response.headers.get('X-Request-Id') ?? undefined };
    },
    asResponse: async (): Promise<Response> => {
      const { body, response } = await whole();
      return new Response(body, response);
    },
  });
}
