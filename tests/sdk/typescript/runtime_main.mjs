/** Run the tour with what the environment says: Node, Deno and Bun. */

import { tour } from './runtime.mjs';

console.log(await tour(process.env.AGENTICRAG_URL, process.env.AGENTICRAG_KEY));
