// The MCP SDK of JavaScript against our endpoint: what it lists, calls and is told.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const headers = { Authorization: `Bearer ${process.env.AGENTICRAG_API_KEY}` };
const url = new URL(process.env.AGENTICRAG_URL + '/mcp');
const client = new Client({ name: 'test', version: '1' });
await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
const { tools } = await client.listTools();
const progress = [];
const called = await client.callTool(
  { name: process.argv[2], arguments: { message: 'Hello!' } },
  undefined,
  { onprogress: (one) => progress.push(one.progress) },
);
const plain = await client.callTool({ name: process.argv[2], arguments: { message: 'Hello!' } });
const asked = await client.callTool({ name: process.argv[3], arguments: { message: 'Go' } });
const answered = await client.callTool({
  name: 'execution_respond',
  arguments: { execution_id: asked.structuredContent.execution_id, action: 'approve' },
});
let refused = '';
try {
  await client.callTool({ name: 'nothing', arguments: {} });
} catch (error) {
  refused = `${error.code}`;
}
await client.ping();
console.log(
  JSON.stringify({
    tools: tools.map((tool) => tool.name),
    version: client.getServerVersion().name,
    progress,
    called,
    plain,
    asked,
    answered,
    refused,
  }),
);
await client.close();
