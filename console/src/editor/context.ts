/** The editor's state, for what is drawn within it. */

import { getContext, setContext } from "svelte";

import type { EditorState } from "./state.svelte";

const KEY = Symbol("editor");

export function provide(state: EditorState): EditorState {
  return setContext(KEY, state);
}

export function editor(): EditorState {
  return getContext<EditorState>(KEY);
}
