/** What methods of one's own flows share: `agenticrag sdk --flows` prints one for each flow. */

import type { RequestOptions } from './options.js';
import type { ExecutionAnswer, InputAnswered, InputList, InputResponse } from './models.js';
import { AgenticRAGError } from './problems.js';

/** How a run of a flow ended: well, with its output, or otherwise. */
export type FlowAnswer<Output> = Omit<ExecutionAnswer, 'success' | 'output'> &
  ({ success: true; output: Output } | { success: false; output: unknown });

/** An answer to what a node asks. */
export interface FlowResponse<Action extends string, Value> {
  action: Action;
  /** What an edit or a submission carries. */
  value?: Value | undefined;
  comment?: string | undefined;
}

interface Executions {
  listInputs(executionId: string | number, options: RequestOptions): Promise<InputList>;
  respond(executionId: string | number, answer: InputResponse, options: RequestOptions): Promise<InputAnswered>;
}

/**
 * Answer the open question of a node.
 *
 * @throws {AgenticRAGError} the node asks nothing.
 */
export async function respondTo(
  executions: Executions,
  executionId: string | number,
  node: string,
  answer: FlowResponse<string, unknown>,
  options: RequestOptions,
): Promise<InputAnswered> {
  const { inputs } = await executions.listInputs(executionId, options);
  const open = inputs.find((input) => input.nodeId === node && input.answer === null);
  if (open === undefined) {
    throw new AgenticRAGError(`Node '${node}' of execution '${executionId}' asks nothing.`);
  }
  return await executions.respond(executionId, { ...answer, inputId: open.id }, options);
}
