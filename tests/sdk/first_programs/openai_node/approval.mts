import OpenAI from 'openai';

const client = new OpenAI();
const tools: OpenAI.Responses.Tool.Mcp[] = [
  { type: 'mcp', server_label: 'mail', server_url: process.env.MAIL!, require_approval: 'always' },
];
let run = await client.responses.create({ model: 'gpt-5', input: 'Send the letter.', tools });
for (const item of run.output) {
  if (item.type === 'mcp_approval_request') {
    run = await client.responses.create({
      model: 'gpt-5',
      previous_response_id: run.id,
      input: [{ type: 'mcp_approval_response', approval_request_id: item.id, approve: true }],
      tools,
    });
  }
}
console.log(run.status);
