'use client';

/** Hooks for React 18 and newer: a chat, and an execution. */

export type { ChatMessage, ChatState } from './chat.js';
export { useChat, type Chat, type SendOptions, type UseChatOptions } from './use_chat.js';
export { useExecution, type Execution, type UseExecutionOptions } from './use_execution.js';
