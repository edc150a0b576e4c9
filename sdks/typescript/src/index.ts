/** Client of an AgenticRAG server. */

export type { APIPromise, WithResponse } from './answer.js';
export { AgenticRAGClient, connect } from './client.js';
export type { Connection } from './connection.js';
export { Download } from './download.js';
export type { FileContent, Payload, Upload } from './files.js';
export type { FlowAnswer, FlowResponse } from './flows.js';
export type * from './models.js';
export type {
  ClientOptions,
  Logger,
  LogLevel,
  RequestOptions,
  StartOptions,
  StartStreamOptions,
  StreamOptions,
} from './options.js';
export * from './problems.js';
export * from './resources.js';
export { EventStream, type OpenStream } from './stream.js';
export type { WaitOptions } from './waiting.js';
/** The release of this package. */
export const VERSION = '0.1.0';
