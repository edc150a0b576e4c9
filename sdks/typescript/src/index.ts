/** Client of an AgenticRAG server. */

export { AgenticRAGClient } from './client.js';
export type { ClientOptions, RequestOptions, StartOptions, StartStreamOptions, StreamOptions, Upload } from './connection.js';
export { Download } from './download.js';
export type { FlowAnswer, FlowResponse } from './flows.js';
export type * from './models.js';
export * from './problems.js';
export type * from './resources.js';
export { EventStream } from './stream.js';
export type { WaitOptions } from './waiting.js';
/** The release of this package. */
export const VERSION = '0.1.0';
